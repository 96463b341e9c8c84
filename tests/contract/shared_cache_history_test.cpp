#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <thread>

#include "frontend/cache/cache_options.hpp"
#include "frontend/coherence/coherent_cache.hpp"
#include "tests/contract/cache_server_process.hpp"
#include "tests/contract/cache_storage_contract.hpp"

namespace bazar::frontend {
namespace {

using catalog::Grant;
using catalog::Invalidation;
using Kind = CacheServerProcess::Kind;

constexpr std::size_t books = 5;

/// A front-end's cache over the shared server.
struct Frontend {
  explicit Frontend(const std::string& url)
      : cache(open_storage(*parse_cache_options(url), "secret", metrics), 4, clock, metrics) {
    cache.begin_incarnation("first");
    cache.granted("first", Grant{"E1", 1, 60'000}, clock.now());
  }
  SystemClock clock;
  observe::Metrics metrics;
  CoherentCache cache;  // with few floors, so that forgetting takes part
};

/// A catalog in one process: a write asks every front-end before it commits.
class Catalog {
 public:
  explicit Catalog(std::vector<CoherentCache*> caches) : caches_(std::move(caches)) {
    for (auto& version : versions_) version = 1;
  }

  void write(std::size_t book) {
    const Revision next = revision_ + 1;
    for (CoherentCache* cache : caches_) {
      ASSERT_TRUE(cache->invalidate(Invalidation{"E1", "first", next, {id_of(book)}, false}));
    }
    const std::lock_guard lock(mutex_);
    revision_ = next;
    versions_[book] = next;
  }
  std::shared_ptr<const BookEntry> read(std::size_t book) {
    const std::lock_guard lock(mutex_);
    return make_entry(frontend::book(id_of(book).value, versions_[book]), "E1", revision_);
  }
  /// What everybody may know by now.
  [[nodiscard]] Revision committed(std::size_t book) const { return versions_[book]; }
  static BookId id_of(std::size_t book) { return BookId{static_cast<std::int64_t>(book) + 1}; }

 private:
  const std::vector<CoherentCache*> caches_;
  std::mutex mutex_;
  Revision revision_ = 1;  ///< written by one thread
  std::array<std::atomic<Revision>, books> versions_;
};

class SharedCacheHistory : public testing::TestWithParam<Kind> {};

TEST_P(SharedCacheHistory,
       no_reader_of_two_front_ends_sees_a_version_older_than_one_committed_before_it_asked) {
  CacheServerProcess server(GetParam());
  Frontend one(server.url());
  Frontend two(server.url());
  Catalog catalog({&one.cache, &two.cache});
  http::LoopPool loops(2);
  loops.start();

  std::atomic<bool> done = false;
  std::atomic<std::uint64_t> stale = 0;
  std::array<std::atomic<std::uint64_t>, 2> hits{};
  const auto read = [&](Frontend& frontend, std::size_t which) {
    for (std::size_t i = which; !done; ++i) {
      const std::size_t book = i % books;
      const Revision known = catalog.committed(book);
      auto lookup = frontend.cache.look_up(Catalog::id_of(book));
      auto found = lookup.later
                       ? asio::co_spawn(loops.at(which), *std::move(lookup.later), asio::use_future).get()
                       : lookup.found;
      if (found) {
        ++hits[which];
      } else {
        found = catalog.read(book);
        std::this_thread::yield();  // lets a write pass between the read and the fill
        frontend.cache.fill(found);
      }
      if (found->book().version < known) ++stale;
    }
  };
  {
    std::jthread reader_a([&] { read(one, 0); });
    std::jthread reader_b([&] { read(two, 1); });
    const auto rounds_end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    for (std::size_t i = 0; (i < 3'000 || hits[0] < 200 || hits[1] < 200); ++i) {
      if (std::chrono::steady_clock::now() > rounds_end) break;
      catalog.write((i * i) % books);
      // Leaves the readers time for hits, and now and then takes the server away.
      if (i % 16 == 0) std::this_thread::sleep_for(milliseconds(2));
      if (i % 1'000 == 999) server.flush();
    }
    done = true;
  }
  EXPECT_EQ(stale, 0U);
  EXPECT_GT(hits[0], 0U);
  EXPECT_GT(hits[1], 0U);
  one.cache.stop();
  two.cache.stop();
}

TEST_P(SharedCacheHistory, a_fill_by_one_front_end_is_a_hit_of_the_other_until_a_write) {
  CacheServerProcess server(GetParam());
  Frontend one(server.url());
  Frontend two(server.url());
  http::LoopPool loops(1);
  loops.start();
  const auto find = [&](Frontend& frontend) -> std::shared_ptr<const BookEntry> {
    auto lookup = frontend.cache.look_up(BookId{1});
    if (!lookup.later) return lookup.found;
    return asio::co_spawn(loops.at(0), *std::move(lookup.later), asio::use_future).get();
  };
  ASSERT_TRUE(comes_true([&] {
    one.cache.fill(book_entry(1, 1));
    return find(two) != nullptr;
  }));
  EXPECT_TRUE(one.cache.invalidate(Invalidation{"E1", "first", 2, {BookId{1}}, false}));
  EXPECT_TRUE(two.cache.invalidate(Invalidation{"E1", "first", 2, {BookId{1}}, false}));
  EXPECT_FALSE(find(one));
  EXPECT_FALSE(find(two)) << "it is still in the server, and refused";
  ASSERT_TRUE(comes_true([&] {
    two.cache.fill(book_entry(1, 2));
    return find(one) != nullptr;
  }));
  one.cache.end_incarnation();
  EXPECT_FALSE(find(one)) << "no lease";
  one.cache.stop();
  two.cache.stop();
}

INSTANTIATE_TEST_SUITE_P(Servers, SharedCacheHistory, testing::Values(Kind::redis, Kind::memcached),
                         [](const auto& info) {
                           return std::string(info.param == Kind::redis ? "Redis" : "Memcached");
                         });

}  // namespace
}  // namespace bazar::frontend
