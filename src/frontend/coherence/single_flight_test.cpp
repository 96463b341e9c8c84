#include "frontend/coherence/single_flight.hpp"

#include <gmock/gmock.h>

namespace bazar::frontend {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Flights = SingleFlight<int, std::string>;

const SharingTerms floor_10{.epoch = "E1", .floor = 10};
const SharingTerms floor_11{.epoch = "E1", .floor = 11};
const SharingTerms none{.epoch = "E1", .floor = FrontendProtocol::unreachable};

auto as_of(Revision revision) {
  return [revision](const SharingTerms& terms) { return revision >= terms.floor; };
}

std::vector<int> keys(const std::vector<Flights::FetchPtr>& fetches) {
  std::vector<int> result;
  for (const auto& fetch : fetches) result.push_back(fetch->key);
  return result;
}

TEST(SingleFlight, gathers_keys_in_the_order_in_which_they_were_first_asked_for) {
  Flights flights;
  flights.request(7, floor_10, "a");
  flights.request(3, floor_10, "b");
  flights.request(7, floor_10, "c");
  flights.request(5, floor_10, "d");
  EXPECT_THAT(keys(flights.send(2)), ElementsAre(7, 3));
  EXPECT_TRUE(flights.has_queued());
  EXPECT_THAT(keys(flights.send(2)), ElementsAre(5));
  EXPECT_FALSE(flights.has_queued());
}

TEST(SingleFlight, fetches_queued_last_are_dropped_with_all_who_wait_for_them) {
  Flights flights;
  flights.request(7, floor_10, "a");
  flights.request(3, floor_10, "b");
  flights.request(5, floor_10, "c");
  flights.request(3, floor_10, "d");
  EXPECT_EQ(flights.queued(), 3U);
  EXPECT_THAT(flights.drop_last(2), ElementsAre("c", "b", "d"));
  EXPECT_EQ(flights.queued(), 1U);

  flights.request(3, floor_10, "e");
  EXPECT_THAT(keys(flights.send(9)), ElementsAre(7, 3));
  EXPECT_THAT(flights.drop_last(1), IsEmpty());
}

TEST(SingleFlight, who_would_share_a_fetch_needs_no_other) {
  Flights flights;
  EXPECT_FALSE(flights.would_share(1, floor_10));
  flights.request(1, floor_10, "a");
  EXPECT_TRUE(flights.would_share(1, none)) << "it is not sent yet";
  const auto sent = flights.send(9);
  EXPECT_TRUE(flights.would_share(1, floor_11));
  EXPECT_FALSE(flights.would_share(1, none)) << "it was sent too early for those who have no floor";
  EXPECT_FALSE(flights.would_share(2, floor_10));
  (void)flights.answered(*sent[0], as_of(10));
  EXPECT_FALSE(flights.would_share(1, floor_10));
}

TEST(SingleFlight, joiners_who_are_fetched_for_anew_come_behind_what_was_left_in_the_queue) {
  Flights flights;
  flights.request(1, floor_10, "a");
  flights.request(2, floor_10, "left");
  const auto sent = flights.send(1);
  flights.request(1, floor_11, "joiner");
  (void)flights.answered(*sent[0], as_of(10));
  EXPECT_THAT(keys(flights.send(9)), ElementsAre(2, 1));
}

TEST(SingleFlight, who_asked_before_the_fetch_was_sent_takes_any_answer) {
  Flights flights;
  flights.request(1, none, "a");
  flights.request(1, floor_11, "b");
  const auto sent = flights.send(9);
  EXPECT_THAT(flights.answered(*sent[0], as_of(5)), ElementsAre("a", "b"));
  EXPECT_FALSE(flights.has_queued());
}

TEST(SingleFlight, a_joiner_takes_an_answer_that_meets_the_floor_of_its_arrival) {
  Flights flights;
  flights.request(1, floor_10, "a");
  const auto sent = flights.send(9);
  flights.request(1, floor_10, "joiner");
  EXPECT_FALSE(flights.has_queued()) << "one fetch for both";
  EXPECT_THAT(flights.answered(*sent[0], as_of(10)), ElementsAre("a", "joiner"));
}

TEST(SingleFlight, a_joiner_whose_floor_is_above_the_answer_is_fetched_for_anew) {
  Flights flights;
  flights.request(1, floor_10, "a");
  const auto sent = flights.send(9);
  flights.request(1, floor_10, "before the invalidation");
  flights.request(1, floor_11, "after it");
  EXPECT_THAT(flights.answered(*sent[0], as_of(10)), ElementsAre("a", "before the invalidation"));

  const auto anew = flights.send(9);
  ASSERT_EQ(anew.size(), 1U);
  EXPECT_THAT(flights.answered(*anew[0], as_of(5)), ElementsAre("after it"))
      << "sent after it asked: any answer will do";
}

TEST(SingleFlight, without_terms_to_share_a_request_waits_for_a_fetch_sent_after_it) {
  Flights flights;
  flights.request(1, none, "a");
  const auto first = flights.send(9);
  flights.request(1, none, "b");
  const auto second = flights.send(9);
  ASSERT_THAT(keys(second), ElementsAre(1));
  EXPECT_THAT(flights.answered(*first[0], as_of(100)), ElementsAre("a"));
  EXPECT_THAT(flights.answered(*second[0], as_of(100)), ElementsAre("b"));
}

TEST(SingleFlight, a_joiner_joins_the_fetch_that_was_sent_last) {
  Flights flights;
  flights.request(1, none, "a");
  const auto first = flights.send(9);
  flights.request(1, none, "b");
  const auto second = flights.send(9);
  EXPECT_THAT(flights.answered(*first[0], as_of(10)), ElementsAre("a"));
  flights.request(1, floor_10, "joiner");
  EXPECT_THAT(flights.answered(*second[0], as_of(10)), ElementsAre("b", "joiner"));
}

TEST(SingleFlight, after_its_answer_a_fetch_is_not_joined) {
  Flights flights;
  flights.request(1, floor_10, "a");
  const auto sent = flights.send(9);
  EXPECT_THAT(flights.answered(*sent[0], as_of(10)), ElementsAre("a"));
  flights.request(1, floor_10, "b");
  EXPECT_TRUE(flights.has_queued());
}

TEST(SingleFlight, a_failed_fetch_gives_up_all_who_wait_for_it_once) {
  Flights flights;
  flights.request(1, floor_10, "a");
  const auto sent = flights.send(9);
  flights.request(1, floor_11, "joiner");
  EXPECT_THAT(flights.failed(*sent[0]), ElementsAre("a", "joiner"));
  EXPECT_THAT(flights.failed(*sent[0]), IsEmpty());
  EXPECT_FALSE(flights.has_queued());
}

}  // namespace
}  // namespace bazar::frontend
