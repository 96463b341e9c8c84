#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/task.hpp"
#include "catalog/store.hpp"

namespace bazar::catalog {

/// Which servers have failed for so long that they count as dead. A pure state machine; not thread-safe.
class Deathwatch {
 public:
  explicit Deathwatch(milliseconds patience) : patience_(patience) {}
  /// Notes one probe of a member. True: every probe since `patience` ago has failed.
  [[nodiscard]] bool probed(const Member& member, bool healthy, SteadyTime now);
  /// Forgets who is not among `members`.
  void keep_only(const std::vector<Member>& members);
  [[nodiscard]] std::size_t watched() const { return failing_since_.size(); }

 private:
  milliseconds patience_;
  std::map<std::string, SteadyTime> failing_since_;  ///< by incarnation
};

struct JanitorOptions {
  std::string self;  ///< name of this catalog, which it does not probe
  milliseconds interval{2'000};
  milliseconds probe_timeout{1'000};
  milliseconds patience{10'000};
  std::chrono::hours prune_interval{1};
  std::chrono::days keep_keys{
      30};  ///< how long a key answers as the first time (docs/protocol.md, a purchase)
};

/// Retires catalogs and order services that have not answered `GET /healthz` for a while, and has the store
/// forget what has grown old. Front-ends are not its business: they hold leases, and only a write round that
/// waits those out may pass over one (docs/protocol.md, rule 2). Runs on one loop.
class Janitor {
 public:
  Janitor(Loop& loop, Store& store, JanitorOptions options, const Clock& clock);
  ~Janitor();
  void start();
  void stop();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace bazar::catalog
