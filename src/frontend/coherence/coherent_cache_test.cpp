#include "frontend/coherence/coherent_cache.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <thread>

namespace bazar::frontend {
namespace {

using catalog::Grant;
using catalog::Invalidation;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

std::shared_ptr<const BookEntry> entry(std::int64_t id, Revision version, Revision as_of,
                                       std::string_view epoch = "E1") {
  catalog::Book book;
  book.id = BookId{id};
  book.currency = "USD";
  book.version = version;
  return make_entry(book, epoch, as_of);
}

std::shared_ptr<const TopicEntry> titles(Revision as_of) {
  auto made = std::make_shared<TopicEntry>();
  made->epoch = Epoch("E1");
  made->as_of = as_of;
  return made;
}

class CoherentCacheTest : public testing::Test {
 protected:
  void SetUp() override { join(cache, "first"); }

  void join(CoherentCache& member, const std::string& incarnation) {
    member.begin_incarnation(incarnation);
    member.granted(incarnation, Grant{"E1", 10, 2'000}, clock.now());
  }
  bool fill(CoherentCache& member, std::int64_t id, Revision as_of) {
    return member.fill(entry(id, as_of, as_of));
  }
  bool write(Revision revision, std::vector<BookId> books) {
    return cache.invalidate(Invalidation{"E1", "first", revision, std::move(books), false}).has_value();
  }
  bool write_listing(Revision revision) {
    return cache.invalidate(Invalidation{"E1", "first", revision, {}, true}).has_value();
  }
  bool shows(const std::string& line) const {
    return ('\n' + metrics.expose()).find('\n' + line + '\n') != std::string::npos;
  }

  ManualClock clock;
  observe::Metrics metrics;
  CoherentCache cache{{.book_entries = 3, .topic_entries = 2, .floors = 8}, clock, metrics};
};

TEST_F(CoherentCacheTest, serves_what_was_filled) {
  EXPECT_FALSE(cache.look_up(BookId{1}).found);
  EXPECT_TRUE(fill(cache, 1, 10));
  ASSERT_TRUE(cache.look_up(BookId{1}).found);
  EXPECT_TRUE(shows("bazar_cache_hits_total{kind=\"book\"} 1"));
  EXPECT_TRUE(shows("bazar_cache_misses_total{kind=\"book\"} 1"));
  EXPECT_TRUE(shows("bazar_cache_entries{kind=\"book\"} 1"));
}

TEST_F(CoherentCacheTest, an_invalidation_drops_the_entry_and_refuses_what_was_read_before) {
  EXPECT_TRUE(fill(cache, 1, 10));
  EXPECT_TRUE(write(11, {BookId{1}}));
  EXPECT_FALSE(cache.look_up(BookId{1}).found);
  EXPECT_FALSE(cache.fill(entry(1, 10, 10)));
  EXPECT_FALSE(cache.look_up(BookId{1}).found);
  EXPECT_TRUE(cache.fill(entry(1, 11, 11)));
  EXPECT_TRUE(cache.look_up(BookId{1}).found);
  EXPECT_TRUE(shows("bazar_cache_refused_fills_total 1"));
  EXPECT_TRUE(shows("bazar_invalidations_total 1"));
}

TEST_F(CoherentCacheTest, a_listing_write_drops_topics_but_no_books) {
  EXPECT_TRUE(fill(cache, 1, 10));
  EXPECT_TRUE(cache.fill("new", titles(10)));
  EXPECT_TRUE(cache.look_up("new").found);
  EXPECT_TRUE(write_listing(11));
  EXPECT_FALSE(cache.look_up("new").found);
  EXPECT_TRUE(cache.look_up(BookId{1}).found);
  EXPECT_FALSE(cache.fill("new", titles(10)));
}

TEST_F(CoherentCacheTest, a_sale_drops_its_books_but_no_topics) {
  EXPECT_TRUE(cache.fill("new", titles(10)));
  EXPECT_TRUE(write(11, {BookId{1}}));
  EXPECT_TRUE(cache.look_up("new").found);
}

TEST_F(CoherentCacheTest, the_clock_is_read_inside_the_call) {
  EXPECT_TRUE(fill(cache, 1, 10));
  clock.advance(milliseconds(1'999));
  EXPECT_TRUE(cache.look_up(BookId{1}).found);
  clock.advance(milliseconds(1));
  EXPECT_FALSE(cache.look_up(BookId{1}).found);
  EXPECT_FALSE(cache.has_lease());
  EXPECT_TRUE(shows("bazar_cache_bypasses_total 1"));
}

TEST_F(CoherentCacheTest, the_least_recently_used_book_goes_first) {
  for (int id = 1; id <= 3; ++id) EXPECT_TRUE(fill(cache, id, 10));
  EXPECT_TRUE(cache.look_up(BookId{1}).found);
  EXPECT_TRUE(fill(cache, 4, 10));
  EXPECT_FALSE(cache.look_up(BookId{2}).found);
  EXPECT_TRUE(cache.look_up(BookId{1}).found);
  EXPECT_TRUE(shows("bazar_cache_evictions_total{kind=\"book\"} 1"));
  EXPECT_TRUE(shows("bazar_cache_entries{kind=\"book\"} 3"));
}

TEST_F(CoherentCacheTest, an_older_fill_does_not_replace_a_later_one) {
  EXPECT_TRUE(fill(cache, 1, 12));
  EXPECT_TRUE(fill(cache, 1, 11));
  EXPECT_EQ(cache.look_up(BookId{1}).found->as_of, 12);
}

TEST_F(CoherentCacheTest, a_floor_forgotten_for_space_drops_what_is_older_when_it_is_found) {
  EXPECT_TRUE(fill(cache, 1, 10));
  for (int i = 0; i < 9; ++i) EXPECT_TRUE(write(20 + i, {BookId{100 + i}}));
  EXPECT_FALSE(cache.look_up(BookId{1}).found);
  EXPECT_TRUE(shows("bazar_cache_entries{kind=\"book\"} 0"));
}

TEST_F(CoherentCacheTest, a_refresh_takes_the_place_of_what_a_write_dropped) {
  EXPECT_TRUE(fill(cache, 1, 10));
  EXPECT_TRUE(write(11, {BookId{1}}));
  EXPECT_FALSE(cache.look_up(BookId{1}).found);
  ASSERT_TRUE(cache.refresh(entry(1, 11, 11)));
  EXPECT_EQ(cache.look_up(BookId{1}).found->book().version, 11);
  EXPECT_TRUE(cache.refresh(entry(1, 11, 11))) << "twice is as once";
  EXPECT_TRUE(shows("bazar_cache_refreshes_total 2"));
  EXPECT_TRUE(shows("bazar_cache_entries{kind=\"book\"} 1"));
}

TEST_F(CoherentCacheTest, an_approval_names_the_books_that_a_refresh_would_find_in_place) {
  EXPECT_TRUE(fill(cache, 1, 10));
  EXPECT_TRUE(fill(cache, 3, 10));
  const auto approve = [&](Revision revision, std::vector<BookId> books) {
    return cache.invalidate(Invalidation{"E1", "first", revision, std::move(books), false});
  };
  EXPECT_THAT(approve(11, {BookId{1}, BookId{2}}), Optional(ElementsAre(BookId{1})));
  EXPECT_THAT(approve(12, {BookId{1}, BookId{2}, BookId{3}}), Optional(ElementsAre(BookId{1}, BookId{3})))
      << "a second write before the refresh of the first";
  EXPECT_THAT(approve(13, {BookId{2}}), Optional(IsEmpty()));
  EXPECT_EQ(cache.invalidate(Invalidation{"E1", "another", 14, {BookId{1}}, false}), std::nullopt);
}

TEST_F(CoherentCacheTest, a_refresh_that_the_next_write_has_overtaken_is_refused_and_its_own_is_not) {
  EXPECT_TRUE(fill(cache, 1, 10));
  EXPECT_TRUE(write(11, {BookId{1}}));
  EXPECT_TRUE(write(12, {BookId{1}}));
  EXPECT_FALSE(cache.refresh(entry(1, 11, 11)));
  EXPECT_FALSE(cache.look_up(BookId{1}).found);
  ASSERT_TRUE(cache.refresh(entry(1, 12, 12)));
  EXPECT_FALSE(cache.refresh(entry(1, 11, 11)));
  EXPECT_EQ(cache.look_up(BookId{1}).found->as_of, 12);
}

TEST_F(CoherentCacheTest, a_refresh_does_not_bring_in_what_nobody_reads_here) {
  EXPECT_FALSE(cache.refresh(entry(1, 11, 11)));
  EXPECT_TRUE(write(11, {BookId{1}}));
  EXPECT_FALSE(cache.refresh(entry(1, 11, 11)));
  EXPECT_FALSE(cache.look_up(BookId{1}).found);
}

TEST_F(CoherentCacheTest, a_refresh_does_not_bring_back_what_was_evicted) {
  EXPECT_TRUE(fill(cache, 1, 10));
  EXPECT_TRUE(write(11, {BookId{1}}));
  EXPECT_TRUE(fill(cache, 1, 11));
  for (int id = 2; id <= 4; ++id) EXPECT_TRUE(fill(cache, id, 11));
  EXPECT_FALSE(cache.refresh(entry(1, 11, 11)));
  EXPECT_FALSE(cache.look_up(BookId{1}).found);
}

TEST_F(CoherentCacheTest, a_refresh_from_before_a_registration_or_of_another_epoch_is_refused) {
  EXPECT_TRUE(fill(cache, 1, 10));
  EXPECT_TRUE(write(11, {BookId{1}}));
  EXPECT_FALSE(cache.refresh(entry(1, 11, 11, "E2")));
  cache.begin_incarnation("second");
  EXPECT_FALSE(cache.refresh(entry(1, 11, 11))) << "no floor is known yet";
  cache.granted("second", Grant{"E1", 12, 2'000}, clock.now());
  EXPECT_FALSE(cache.refresh(entry(1, 11, 11)));
  EXPECT_TRUE(fill(cache, 1, 12));
  EXPECT_FALSE(cache.refresh(entry(1, 11, 11)));
  EXPECT_EQ(cache.look_up(BookId{1}).found->as_of, 12);
}

TEST_F(CoherentCacheTest, what_was_refreshed_is_not_served_without_a_lease) {
  EXPECT_TRUE(fill(cache, 1, 10));
  EXPECT_TRUE(write(11, {BookId{1}}));
  EXPECT_TRUE(cache.refresh(entry(1, 11, 11)));
  clock.advance(milliseconds(2'000));
  EXPECT_FALSE(cache.look_up(BookId{1}).found);
}

TEST_F(CoherentCacheTest, a_new_incarnation_and_a_new_epoch_flush) {
  EXPECT_TRUE(fill(cache, 1, 10));
  join(cache, "second");
  EXPECT_FALSE(cache.look_up(BookId{1}).found);
  EXPECT_TRUE(fill(cache, 1, 10));
  clock.advance(milliseconds(500));
  cache.granted("second", Grant{"E2", 10, 2'000}, clock.now());
  EXPECT_FALSE(cache.look_up(BookId{1}).found);
  EXPECT_TRUE(shows("bazar_cache_entries{kind=\"book\"} 0"));
}

TEST_F(CoherentCacheTest, what_was_read_before_an_epoch_became_known_is_void) {
  clock.advance(milliseconds(500));
  cache.granted("first", Grant{"E2", 3, 2'000}, clock.now());
  EXPECT_FALSE(cache.fill(entry(1, 99, 99)));
  EXPECT_FALSE(cache.fill(entry(1, 2, 2, "E2")));
  EXPECT_TRUE(cache.fill(entry(1, 3, 3, "E2")));
}

TEST_F(CoherentCacheTest, another_incarnation_is_refused) {
  EXPECT_TRUE(fill(cache, 1, 10));
  EXPECT_FALSE(cache.invalidate(Invalidation{"E1", "zeroth", 11, {BookId{1}}, false}));
  EXPECT_TRUE(cache.look_up(BookId{1}).found);
  EXPECT_TRUE(shows("bazar_invalidations_refused_total 1"));
}

TEST_F(CoherentCacheTest, after_leave_nothing_is_served) {
  EXPECT_TRUE(fill(cache, 1, 10));
  cache.end_incarnation();
  EXPECT_FALSE(cache.look_up(BookId{1}).found);
  EXPECT_FALSE(write(11, {BookId{1}}));
}

TEST_F(CoherentCacheTest, switched_off_it_keeps_nothing_but_approves_writes) {
  observe::Metrics own;
  CoherentCache off({.enabled = false}, clock, own);
  join(off, "first");
  EXPECT_FALSE(off.has_lease());
  EXPECT_FALSE(fill(off, 1, 10));
  EXPECT_FALSE(off.look_up(BookId{1}).found);
  EXPECT_THAT(off.invalidate(Invalidation{"E1", "first", 11, {BookId{1}}, false}), Optional(IsEmpty()));
}

/// A catalog of one process: each write asks the cache before it commits.
class Catalog {
 public:
  Catalog(CoherentCache& cache, std::size_t books) : cache_(cache), versions_(books) {
    for (auto& version : versions_) version = 1;
  }

  void write(std::size_t book) {
    ASSERT_TRUE(cache_.invalidate(
        Invalidation{"E1", "first", revision_ + 1, {BookId{static_cast<std::int64_t>(book) + 1}}, false}));
    const std::lock_guard lock(mutex_);
    ++revision_;
    versions_[book] = revision_;
    // Each refresh comes when later writes have passed it, sometimes over other books, sometimes over its
    // own.
    late_.push_back(entry(static_cast<std::int64_t>(book) + 1, revision_, revision_));
    if (late_.size() > 3) {
      cache_.refresh(late_.front());
      late_.pop_front();
    }
  }

  std::shared_ptr<const BookEntry> read(std::size_t book) {
    const std::lock_guard lock(mutex_);
    return entry(static_cast<std::int64_t>(book) + 1, versions_[book], revision_);
  }
  /// What everybody may know by now.
  Revision committed(std::size_t book) const { return versions_[book]; }

 private:
  CoherentCache& cache_;
  std::mutex mutex_;
  Revision revision_ = 1;  ///< written by one thread
  std::vector<std::atomic<Revision>> versions_;
  std::deque<std::shared_ptr<const BookEntry>> late_;
};

TEST(CoherentCacheThreads, no_reader_sees_a_version_older_than_one_committed_before_it_asked) {
  constexpr std::size_t books = 7;
  SystemClock clock;
  observe::Metrics metrics;
  // Too small for all books and floors, so that eviction and forgetting take part.
  CoherentCache cache({.book_entries = 5, .floors = 4}, clock, metrics);
  Catalog catalog(cache, books);
  cache.begin_incarnation("first");
  cache.granted("first", Grant{"E1", 1, 60'000}, clock.now());

  std::atomic<bool> done = false;
  std::atomic<std::uint64_t> stale = 0;
  std::atomic<std::uint64_t> hits = 0;
  const auto read = [&](std::size_t first) {
    for (std::size_t i = first; !done; ++i) {
      const std::size_t book = i % books;
      const Revision known = catalog.committed(book);
      const BookId id{static_cast<std::int64_t>(book) + 1};
      auto found = cache.look_up(id).found;
      if (found) {
        ++hits;
      } else {
        found = catalog.read(book);
        std::this_thread::yield();  // lets a write pass between the read and the fill
        cache.fill(found);
      }
      if (found->book().version < known) ++stale;
    }
  };
  {
    std::jthread reader_a([&] { read(0); });
    std::jthread reader_b([&] { read(3); });
    for (std::size_t i = 0; i < 20'000; ++i) catalog.write((i * i) % books);
    // The writer may be done before the readers have had a turn.
    while (hits == 0) std::this_thread::yield();
    done = true;
  }
  EXPECT_EQ(stale, 0U);
}

}  // namespace
}  // namespace bazar::frontend
