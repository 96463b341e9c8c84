#pragma once

#include <optional>
#include <string>
#include <vector>

#include "frontend/cache/lru_cache.hpp"
#include "frontend/coherence/single_flight.hpp"
#include "messages.hpp"
#include "process.hpp"
#include "ruled_protocol.hpp"

namespace bazar::simulation {

class Catalog;

/// One front-end process: the real protocol, single flight and LRU cache in a shell like those of
/// frontend::CoherentCache, frontend::Reader and catalog::Membership.
class Frontend final : public Process {
 public:
  Frontend(World& world, int node, std::string name, std::string name_in_catalog);

  [[nodiscard]] const std::string& name_in_catalog() const { return name_in_catalog_; }
  [[nodiscard]] const RuledProtocol& protocol() const { return *protocol_; }
  /// Over all its lives.
  [[nodiscard]] std::int64_t hits() const { return hits_; }

  // From clients. No value: the front-end could not.
  void read(Book book, const Respond<std::optional<ReadAnswer>>& respond);
  void write(WriteRequest request, Respond<std::optional<WriteAnswer>> respond);

  // From catalogs.
  /// Answers whether it approves.
  void invalidate(const catalog::Invalidation& invalidation, const Respond<bool>& respond);
  void refresh(Book book, const Entry& entry);

  /// Its control loop stands still for that long: invalidations wait, nothing is renewed, readers are served.
  void stall_control(microseconds time);
  /// Says farewell, then ends. `gone` runs when it has.
  void leave(const Action& gone);

 protected:
  void started() override;
  void killed() override;

 private:
  using Waiter = Respond<std::optional<ReadAnswer>>;
  using Flights = frontend::SingleFlight<Book, Waiter>;
  using Fetches = std::vector<Flights::FetchPtr>;

  // Reads (frontend.cpp).
  [[nodiscard]] SteadyTime reading_for_lease() const;
  [[nodiscard]] std::optional<Entry> find_private(Book book);
  void read_shared(Book book, const frontend::SharingTerms& terms, const Waiter& waiter);
  void serve(Book book, const Entry& entry, const Waiter& waiter);
  void fetch(Book book, const frontend::SharingTerms& terms, Waiter waiter);
  void send_fetches();
  void fetched(const Fetches& fetches, const std::optional<Snapshot>& snapshot);
  void deliver(Flights::Fetch& fetch, const Entry& entry);
  void fail(Flights::Fetch& fetch);
  [[nodiscard]] bool approve(const catalog::Invalidation& invalidation);
  [[nodiscard]] bool fill(Book book, const Entry& entry);
  [[nodiscard]] Catalog& any_catalog();

  // Writes (frontend_writes.cpp).
  void forward(const WriteRequest& request, const Respond<std::optional<WriteAnswer>>& respond, int tries);
  void decide_from_cache(WriteRequest& request);

  // Membership (frontend_membership.cpp).
  void round();
  [[nodiscard]] microseconds control_stall() const;
  void renew();
  void enroll();
  void accept(const std::string& incarnation, const std::optional<catalog::Grant>& grant, SteadyTime sent,
              Instant granted_at);
  void next_round(bool done);
  void retire(const Action& gone);

  std::string name_in_catalog_;
  std::optional<RuledProtocol> protocol_;
  std::optional<frontend::LruCache<Book, Entry>> cache_;
  std::optional<Flights> flights_;
  std::size_t calls_ = 0;
  std::int64_t hits_ = 0;

  std::string incarnation_;
  int incarnations_ = 0;
  bool registered_ = false;
  bool enrolling_ = false;
  bool leaving_ = false;
  Instant control_stalled_until_;
};

}  // namespace bazar::simulation
