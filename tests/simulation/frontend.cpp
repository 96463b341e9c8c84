#include "frontend.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "cache_server.hpp"
#include "catalog.hpp"
#include "world.hpp"

namespace bazar::simulation {

Frontend::Frontend(World& world, int node, std::string name, std::string name_in_catalog)
    : Process(world, node, std::move(name)), name_in_catalog_(std::move(name_in_catalog)) {
  protocol_.emplace(world.rules, world.parameters.max_floors);
}

void Frontend::started() {
  protocol_.emplace(world().rules, world().parameters.max_floors);
  cache_.emplace(world().parameters.cache_entries);
  flights_.emplace();
  calls_ = 0;
  registered_ = enrolling_ = leaving_ = false;
  round();
}

void Frontend::killed() { cache_->clear(); }

Catalog& Frontend::any_catalog() { return *world().catalogs[world().random.below(world().catalogs.size())]; }

SteadyTime Frontend::reading_for_lease() const {
  return world().rules.lease_read_after_arrival ? clock() : clock_before_arrival();
}

void Frontend::read(Book book, const Respond<std::optional<ReadAnswer>>& respond) {
  const SteadyTime now = reading_for_lease();
  if (!protocol_->has_lease(now)) ++world().statistics.reads_without_lease;
  if (const auto entry = find_private(book)) return serve(book, *entry, respond);
  // Of this moment, though the fetch may be joined only later.
  const frontend::SharingTerms terms = protocol_->sharing_terms(book, now);
  if (world().parameters.shared_cache && protocol_->has_lease(now)) return read_shared(book, terms, respond);
  fetch(book, terms, respond);
}

std::optional<Entry> Frontend::find_private(Book book) {
  const Entry* entry = cache_->find(book);
  if (!entry) return std::nullopt;
  if (protocol_->may_serve(book, *entry, reading_for_lease())) return *entry;
  if (protocol_->has_lease(clock())) ++world().statistics.refused_hits;
  return std::nullopt;
}

void Frontend::serve(Book book, const Entry& entry, const Waiter& waiter) {
  ++hits_;
  ++world().statistics.hits;
  world().note([&] { return fmt::format("{} hits book {}, as of {}", name(), book, entry.as_of); });
  world().checker.hit(*this, book, entry);
  waiter(ReadAnswer{entry.value, protocol_->epoch()});
}

void Frontend::read_shared(Book book, const frontend::SharingTerms& terms, const Waiter& waiter) {
  CacheServer& server = *world().cache_server;
  call<std::optional<Entry>>(
      server, [&] { return fmt::format("get book {}", book); }, world().parameters.call_timeout,
      [&server, book](const Respond<std::optional<Entry>>& respond) { respond(server.get(book)); },
      [this, book, terms, waiter](const std::optional<std::optional<Entry>>& answer) {
        const std::optional<Entry> entry = answer.value_or(std::nullopt);
        if (!entry) return fetch(book, terms, waiter);
        const bool trusted = !world().rules.shared_storage_is_not_trusted && protocol_->has_lease(clock());
        if (trusted || protocol_->may_serve(book, *entry, reading_for_lease())) {
          ++world().statistics.shared_storage_hits;
          if (fill(book, *entry)) ++world().statistics.fills;
          return serve(book, *entry, waiter);
        }
        ++world().statistics.refused_shared_storage_hits;
        fetch(book, terms, waiter);
      });
}

void Frontend::fetch(Book book, const frontend::SharingTerms& terms, Waiter waiter) {
  flights_->request(book, terms, std::move(waiter));
  send_fetches();
}

// One call, or as many as there are catalogs: while they are in flight the next fills.
void Frontend::send_fetches() {
  while (flights_->has_queued() && calls_ < world().catalogs.size()) {
    ++calls_;
    const Fetches fetches = flights_->send(world().parameters.fetch_limit);
    std::vector<Book> books;
    for (const auto& fetch : fetches) books.push_back(fetch->key);
    Catalog& catalog = any_catalog();
    call<Snapshot>(
        catalog, [&] { return fmt::format("fetch of {} books, first {}", books.size(), books.front()); },
        world().parameters.call_timeout,
        [&catalog, books](const Respond<Snapshot>& respond) { catalog.read(books, respond); },
        [this, fetches](const std::optional<Snapshot>& snapshot) { fetched(fetches, snapshot); });
  }
}

void Frontend::fetched(const Fetches& fetches, const std::optional<Snapshot>& snapshot) {
  --calls_;
  for (std::size_t i = 0; i < fetches.size(); ++i) {
    if (!snapshot) {
      fail(*fetches[i]);
      continue;
    }
    const Entry entry{snapshot->values[i], snapshot->as_of, snapshot->epoch};
    auto& statistics = world().statistics;
    const bool filled = fill(fetches[i]->key, entry);
    if (!filled && entry.epoch != protocol_->epoch()) ++statistics.refused_fills_of_other_epoch;
    ++(filled ? statistics.fills : statistics.refused_fills);
    deliver(*fetches[i], entry);
  }
  send_fetches();
}

bool Frontend::fill(Book book, const Entry& entry) {
  if (!protocol_->may_fill(book, entry)) return false;
  if (const Entry* present = cache_->peek(book);
      present && present->epoch == entry.epoch && present->as_of > entry.as_of) {
    return true;
  }
  (void)cache_->put(book, entry);
  if (world().parameters.shared_cache) {
    CacheServer& server = *world().cache_server;
    world().network.send(
        *this, server, [&] { return fmt::format("put book {} as of {}", book, entry.as_of); },
        [&server, book, entry] { server.put(book, entry); });
  }
  return true;
}

void Frontend::deliver(Flights::Fetch& fetch, const Entry& entry) {
  auto& statistics = world().statistics;
  const std::size_t first = fetch.first().size();
  const auto may_share = [&](const frontend::SharingTerms& terms) {
    const bool may = protocol_->may_share(terms, entry.epoch, entry.as_of);
    ++(may ? statistics.shared_fetches : statistics.refused_joiners);
    return may;
  };
  const auto waiters = flights_->answered(fetch, may_share);
  statistics.shared_fetches += first > 1 ? static_cast<std::int64_t>(first) - 1 : 0;
  for (const Waiter& waiter : waiters) waiter(ReadAnswer{entry.value, entry.epoch});
}

void Frontend::fail(Flights::Fetch& fetch) {
  for (const Waiter& waiter : flights_->failed(fetch)) waiter(std::nullopt);
}

void Frontend::invalidate(const catalog::Invalidation& invalidation, const Respond<bool>& respond) {
  after_true(control_stall(), [this, invalidation, respond] { respond(approve(invalidation)); });
}

bool Frontend::approve(const catalog::Invalidation& invalidation) {
  const bool approved = protocol_->invalidate(invalidation, clock());
  auto& statistics = world().statistics;
  ++(approved ? statistics.invalidations_approved : statistics.invalidations_refused);
  world().note([&] {
    return fmt::format("{} {} revision {} for {}", name(), approved ? "approves" : "does not approve",
                       invalidation.revision, invalidation.incarnation);
  });
  statistics.floors_forgotten += protocol_->take_forgotten();
  if (approved && world().parameters.drops_on_invalidate) {
    for (const BookId book : invalidation.books) cache_->erase(static_cast<Book>(book.value - 1));
  }
  world().checker.floors_changed(*this);
  return approved;
}

void Frontend::refresh(Book book, const Entry& entry) {
  if (fill(book, entry)) ++world().statistics.refreshes_applied;
}

}  // namespace bazar::simulation
