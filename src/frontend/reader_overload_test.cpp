#include "frontend/testing/reader_fixture.hpp"

#include <gmock/gmock.h>

#include <sstream>

#include "base/controlled_delay.hpp"

namespace bazar::frontend {
namespace {

using namespace std::chrono_literals;
using testing::book;
using ::testing::HasSubstr;
using testing::ReaderTest;
using testing::ScriptedCatalog;

/// More misses than the catalog can answer: each call takes longer than a miss may wait for the next.
class ReaderOverloadTest : public ReaderTest {
 protected:
  using Call = ScriptedCatalog::Call;
  static constexpr std::size_t small_queue = ControlledDelayOptions{}.small_queue;
  static constexpr std::size_t crowd = small_queue + 50;

  void ask_for_new_books(std::size_t count) {
    for (; count > 0; --count) reads_.push_back(ask(static_cast<std::int64_t>(reads_.size()) + 1));
  }
  bool waits(BookRead& read) {
    settle();
    return read.wait_for(0s) == std::future_status::timeout;
  }
  [[nodiscard]] BookRead& last() { return reads_.back(); }

  /// None of the books is there, so that no answer fills the cache.
  static void answer(Call& call) {
    std::vector<BookId> missing;
    std::istringstream ids(call.ids);
    for (std::string id; std::getline(ids, id, ',');) missing.push_back(BookId{std::stoll(id)});
    call.answer_books(10, {}, std::move(missing));
  }
  Call answer_after(milliseconds time, Call& call) {
    clock.push(time);
    answer(call);
    return catalog.next_call();
  }
  /// Returns the call that is under way when a queue with room for the smallest number stands.
  Call overload() {
    ask_for_new_books(1);
    Call lone = catalog.next_call();
    ask_for_new_books(crowd);
    Call late = answer_after(150ms, lone);
    ask_for_new_books(crowd);
    return answer_after(200ms, late);
  }
  void expect_shed(int count) {
    EXPECT_THAT(metrics.expose(),
                HasSubstr("bazar_shed_total{where=\"misses\"} " + std::to_string(count) + '\n'));
  }

  std::vector<BookRead> reads_;
};

TEST_F(ReaderOverloadTest, a_miss_that_finds_no_room_is_shed) {
  Call call = overload();
  ask_for_new_books(small_queue);
  EXPECT_TRUE(waits(last()));
  ask_for_new_books(1);
  EXPECT_THROW(last().get(), Overloaded);
  expect_shed(1);
  answer(call);
  Call next = catalog.next_call();
  answer(next);
}

TEST_F(ReaderOverloadTest, who_shares_a_fetch_is_never_shed) {
  Call call = overload();
  auto in_flight = ask(static_cast<std::int64_t>(reads_.size()));
  ask_for_new_books(small_queue);
  auto queued = ask(static_cast<std::int64_t>(reads_.size()));
  EXPECT_TRUE(waits(in_flight));
  EXPECT_TRUE(waits(queued));
  expect_shed(0);
  answer(call);
  EXPECT_FALSE(in_flight.get().entry);
  Call next = catalog.next_call();
  answer(next);
  EXPECT_FALSE(queued.get().entry);
}

TEST_F(ReaderOverloadTest, without_a_lease_there_is_no_fetch_under_way_to_share) {
  Call call = overload();
  ask_for_new_books(small_queue);
  clock.push(60s);
  EXPECT_THROW(ask(static_cast<std::int64_t>(reads_.size() - small_queue)).get(), Overloaded);
  answer(call);
  Call next = catalog.next_call();
  answer(next);
}

TEST_F(ReaderOverloadTest, a_hit_is_served_whatever_waits) {
  auto first = ask(1'000'000);
  catalog.next_call().answer_books(10, {book(1'000'000, 7)});
  EXPECT_TRUE(first.get().entry);

  Call call = overload();
  ask_for_new_books(small_queue);
  EXPECT_EQ(ask(1'000'000).get().status, CacheStatus::hit);
  answer(call);
  Call next = catalog.next_call();
  answer(next);
}

TEST_F(ReaderOverloadTest, topics_have_a_queue_of_their_own) {
  Call call = overload();
  ask_for_new_books(small_queue);
  auto topic = ask_topic("new");
  catalog.next_call().answer_topic(10, {});
  EXPECT_TRUE(topic.get().entry);
  answer(call);
  Call next = catalog.next_call();
  answer(next);
}

TEST_F(ReaderOverloadTest, who_came_before_it_was_noticed_and_finds_no_room_is_told_at_once) {
  ask_for_new_books(1);
  Call lone = catalog.next_call();
  ask_for_new_books(crowd);
  Call late = answer_after(150ms, lone);
  constexpr std::size_t full_call = 500;
  ask_for_new_books(full_call + 300);
  Call call = answer_after(200ms, late);

  EXPECT_THROW(last().get(), Overloaded) << "500 in 200 ms are at most 250 in 100 ms";
  EXPECT_TRUE(waits(reads_[reads_.size() - 300])) << "there is room for some";
  answer(call);
  Call next = catalog.next_call();
  answer(next);
}

}  // namespace
}  // namespace bazar::frontend
