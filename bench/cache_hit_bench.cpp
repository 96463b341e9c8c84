// What a hit costs, and how much of it is coherence: the clock, the lease, the epoch and the floor against
// the bare look into an LRU.

#include <benchmark/benchmark.h>

#include <mutex>

#include "frontend/cache/lru_storage.hpp"
#include "frontend/coherence/coherent_cache.hpp"

namespace bazar::frontend {
namespace {

constexpr std::int64_t books = 10'000;
const std::string epoch = "0123456789abcdef0123456789abcdef";

std::shared_ptr<const BookEntry> entry(std::int64_t id) {
  catalog::Book book;
  book.id = BookId{id};
  book.title = "RPCs for Noobs";
  book.topic = "distributed systems";
  book.price = Money{2235};
  book.currency = "USD";
  book.quantity = 60;
  book.version = 17;
  return make_entry(std::move(book), epoch, 100);
}

/// Walks over the books in an order that caches of the machine cannot guess.
class Walk {
 public:
  BookId next() { return BookId{1 + (at_ = (at_ + 7'919) % books)}; }

 private:
  std::int64_t at_ = 0;
};

/// A cache that is full of valid entries, shared by a benchmark's threads. `floors` of its books have floors
/// of their own.
CoherentCache& coherent_cache(std::int64_t floors) {
  static LeaseClock clock;
  static observe::Metrics metrics;
  static CoherentCache cache({}, clock, metrics);
  static const bool filled = [&] {
    cache.begin_incarnation("i");
    cache.granted("i", catalog::Grant{epoch, 50, 60'000}, clock.now());
    for (std::int64_t id = 1; id <= books; ++id) cache.fill(entry(id));
    return true;
  }();
  benchmark::DoNotOptimize(filled);
  cache.granted("i", catalog::Grant{epoch, 50, 60'000}, clock.now());
  for (std::int64_t id = 1; id <= floors; ++id) {
    static_cast<void>(cache.invalidate(catalog::Invalidation{epoch, "i", 60, {BookId{id}}, false}));
  }
  return cache;
}

void bare_lru_find(benchmark::State& state) {
  LruCache<BookId, std::shared_ptr<const BookEntry>> lru(books);
  for (std::int64_t id = 1; id <= books; ++id) static_cast<void>(lru.put(BookId{id}, entry(id)));
  Walk walk;
  for (auto _ : state) {
    std::shared_ptr<const BookEntry> found = *lru.find(walk.next());
    benchmark::DoNotOptimize(found);
  }
}
BENCHMARK(bare_lru_find);

LruStorage& lru_storage() {
  static observe::Metrics metrics;
  static LruStorage storage({}, metrics);
  static const bool filled = [] {
    for (std::int64_t id = 1; id <= books; ++id) storage.put(entry(id));
    return true;
  }();
  benchmark::DoNotOptimize(filled);
  return storage;
}

void storage_find(benchmark::State& state) {
  LruStorage& storage = lru_storage();
  Walk walk;
  for (auto _ : state) benchmark::DoNotOptimize(storage.find(walk.next()));
}
BENCHMARK(storage_find)->ThreadRange(1, 4)->UseRealTime();

void coherent_hit(benchmark::State& state) {
  static std::mutex starting;
  CoherentCache* cache = nullptr;
  {
    const std::lock_guard lock(starting);
    cache = &coherent_cache(state.range(0));
  }
  Walk walk;
  std::uint64_t misses = 0;
  for (auto _ : state) {
    auto found = cache->look_up(walk.next()).found;
    if (!found) ++misses;
    benchmark::DoNotOptimize(found);
  }
  if (misses > 0) state.SkipWithError("a hit was a miss");
}
BENCHMARK(coherent_hit)->ArgName("floors")->Arg(0)->Arg(books)->ThreadRange(1, 4)->UseRealTime();

void reading_the_lease_clock(benchmark::State& state) {
  const LeaseClock clock;
  for (auto _ : state) benchmark::DoNotOptimize(clock.now());
}
BENCHMARK(reading_the_lease_clock);

}  // namespace
}  // namespace bazar::frontend
