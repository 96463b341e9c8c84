#include "frontend/testing/reader_fixture.hpp"

#include <gmock/gmock.h>

namespace bazar::frontend {
namespace {

using namespace std::chrono_literals;
using catalog::Book;
using catalog::Grant;
using catalog::Invalidation;
using ::testing::AnyOf;
using testing::book;
using ::testing::HasSubstr;
using testing::ReaderTest;
using testing::ScriptedCatalog;

TEST_F(ReaderTest, a_miss_is_fetched_and_the_next_read_is_a_hit) {
  auto miss = ask(2);
  catalog.next_call().answer_books(10, {book(2, 7)});
  const auto fetched = miss.get();
  ASSERT_TRUE(fetched.entry);
  EXPECT_EQ(fetched.status, CacheStatus::miss);
  EXPECT_EQ(fetched.replica, "catalog-1");
  EXPECT_EQ(fetched.entry->book(), book(2, 7));
  EXPECT_EQ(fetched.entry->hit->body(), json::encode(book(2, 7)));
  EXPECT_EQ(fetched.entry->hit->etag(), "\"7\"");

  const auto hit = ask(2).get();
  EXPECT_EQ(hit.status, CacheStatus::hit);
  EXPECT_EQ(hit.entry, fetched.entry);
  EXPECT_EQ(hit.replica, "");
}

TEST_F(ReaderTest, a_book_that_is_not_there_is_null_for_all_who_asked) {
  auto first = ask(9);
  auto second = ask(9);
  catalog.next_call().answer_books(10, {}, {BookId{9}});
  EXPECT_FALSE(first.get().entry);
  EXPECT_FALSE(second.get().entry);
}

TEST_F(ReaderTest, while_a_call_is_in_flight_the_next_one_gathers) {
  auto one = ask(1);
  auto call = catalog.next_call();
  EXPECT_EQ(call.ids, "1") << "a lone miss goes at once";
  auto two = ask(2);
  auto three = ask(3);
  EXPECT_FALSE(catalog.has_call());
  call.answer_books(10, {book(1, 1)});
  auto gathered = catalog.next_call();
  EXPECT_EQ(gathered.ids, "2,3");
  gathered.answer_books(10, {book(2, 1), book(3, 1)});
  EXPECT_EQ(one.get().entry->book().id, BookId{1});
  EXPECT_EQ(two.get().entry->book().id, BookId{2});
  EXPECT_EQ(three.get().entry->book().id, BookId{3});
}

TEST_F(ReaderTest, as_many_calls_are_in_flight_as_there_are_replicas) {
  ScriptedCatalog second;
  asio::post(loops.at(0), asio::use_future([&] {
               upstream.set_replicas({{"catalog-1", catalog.url()}, {"catalog-2", second.url()}});
             }))
      .get();
  auto one = ask(1);
  auto two = ask(2);
  auto three = ask(3);
  auto call_1 = catalog.next_call();
  auto call_2 = second.next_call();
  EXPECT_THAT(call_1.ids, AnyOf("1", "2"));
  EXPECT_FALSE(catalog.has_call());
  EXPECT_FALSE(second.has_call());
  const auto answer = [](ScriptedCatalog::Call& call) {
    call.answer_books(10, {book(std::stoi(call.ids), 1)});
  };
  answer(call_1);
  // Round robin: the next call goes to one of the two.
  while (!catalog.has_call() && !second.has_call()) std::this_thread::yield();
  auto call_3 = catalog.has_call() ? catalog.next_call() : second.next_call();
  EXPECT_EQ(call_3.ids, "3");
  answer(call_2);
  answer(call_3);
  for (auto* read : {&one, &two, &three}) EXPECT_TRUE(read->get().entry);
}

TEST_F(ReaderTest, requests_for_one_book_share_one_fetch) {
  auto first = ask(2);
  auto call = catalog.next_call();
  auto joiner = ask(2);
  call.answer_books(10, {book(2, 7)});
  EXPECT_EQ(first.get().entry, joiner.get().entry);
  settle();
  EXPECT_FALSE(catalog.has_call());
}

TEST_F(ReaderTest, a_joiner_after_an_invalidation_does_not_get_the_older_answer) {
  auto first = ask(2);
  auto call = catalog.next_call();
  ASSERT_TRUE(write(2, 11));
  auto joiner = ask(2);
  call.answer_books(10, {book(2, 7)});
  EXPECT_EQ(first.get().entry->book().version, 7) << "who fetched it may have it";

  auto anew = catalog.next_call();
  EXPECT_EQ(anew.ids, "2");
  anew.answer_books(11, {book(2, 11)});
  EXPECT_EQ(joiner.get().entry->book().version, 11);
}

TEST_F(ReaderTest, a_miss_that_crosses_an_invalidation_is_served_but_not_cached) {
  auto first = ask(2);
  auto call = catalog.next_call();
  ASSERT_TRUE(write(2, 11));
  call.answer_books(10, {book(2, 7)});
  EXPECT_EQ(first.get().entry->book().version, 7);

  auto second = ask(2);
  catalog.next_call().answer_books(11, {book(2, 11)});
  EXPECT_EQ(second.get().status, CacheStatus::miss);
  EXPECT_EQ(ask(2).get().status, CacheStatus::hit);
}

TEST_F(ReaderTest, an_epoch_that_changes_during_a_fetch_leaves_its_answer_uncached) {
  auto first = ask(2);
  auto call = catalog.next_call();
  clock.push(500ms);
  cache.granted("first", Grant{"E2", 3, 60'000}, clock.now());
  call.answer_books(10, {book(2, 7)});
  EXPECT_TRUE(first.get().entry);
  EXPECT_FALSE(cache.look_up(BookId{2}).found);
}

TEST_F(ReaderTest, without_a_lease_each_request_waits_for_a_fetch_sent_after_it) {
  clock.push(60s);
  auto first = ask(2);
  auto call = catalog.next_call();
  auto second = ask(2);
  auto third = ask(2);
  call.answer_books(10, {book(2, 7)});
  const auto read = first.get();
  EXPECT_EQ(read.entry->book().version, 7);
  EXPECT_EQ(read.status, CacheStatus::bypass);
  catalog.next_call().answer_books(11, {book(2, 8)});
  EXPECT_EQ(second.get().entry->book().version, 8);
  EXPECT_EQ(third.get().entry->book().version, 8);
}

TEST_F(ReaderTest, who_gives_up_leaves_the_fetch_to_the_others) {
  auto hasty = ask(2, 1ms);
  auto call = catalog.next_call();
  auto patient = ask(2);
  EXPECT_THROW(hasty.get(), DeadlineExceeded);
  call.answer_books(10, {book(2, 7)});
  EXPECT_TRUE(patient.get().entry);
  EXPECT_EQ(ask(2).get().status, CacheStatus::hit);
}

TEST_F(ReaderTest, an_outage_is_told_to_all_who_wait) {
  auto first = ask(2);
  auto call = catalog.next_call();
  auto joiner = ask(2);
  call.answer(10, "E1", "{}", 500);
  EXPECT_THROW(first.get(), Unavailable);
  EXPECT_THROW(joiner.get(), Unavailable);

  auto later = ask(2);
  catalog.next_call().answer_books(10, {book(2, 7)});
  EXPECT_TRUE(later.get().entry);
}

TEST_F(ReaderTest, an_answer_that_leaves_out_a_book_is_an_outage_for_that_book_only) {
  auto first = ask(1);
  auto call = catalog.next_call();
  auto two = ask(2);
  auto three = ask(3);
  call.answer_books(10, {book(1, 1)});
  catalog.next_call().answer_books(10, {book(3, 1)});
  EXPECT_TRUE(first.get().entry);
  EXPECT_THROW(two.get(), Unavailable);
  EXPECT_TRUE(three.get().entry);
}

TEST_F(ReaderTest, a_topic_fills_the_entries_of_its_books_the_first_ones_last) {
  auto miss = ask_topic("new");
  auto call = catalog.next_call();
  EXPECT_EQ(call.topic, "new");
  call.answer_topic(10, {book(1, 1), book(2, 1), book(3, 1), book(4, 1)});
  const auto read = miss.get();
  ASSERT_TRUE(read.entry);
  EXPECT_EQ(read.status, CacheStatus::miss);
  EXPECT_THAT(read.entry->hit->body(), HasSubstr(R"({"topic":"new","books":[{"id":1,"title":"Title 1"},)"));
  EXPECT_EQ(read.entry->hit->body().find("next"), std::string::npos);
  settle();
  EXPECT_EQ(ask_topic("new").get().status, CacheStatus::hit);
  for (const int id : {1, 2, 3}) EXPECT_EQ(ask(id).get().status, CacheStatus::hit) << id;
  EXPECT_FALSE(cache.look_up(BookId{4}).found) << "room for three";
}

TEST_F(ReaderTest, a_topic_of_several_pages_names_the_next) {
  auto miss = ask_topic("new");
  catalog.next_call().answer_topic(10, {book(1, 1)}, "1");
  const auto entry = miss.get().entry;
  EXPECT_EQ(entry->next, "1");
  EXPECT_THAT(entry->hit->body(), HasSubstr(R"("next":"1")"));
}

TEST_F(ReaderTest, a_topics_etag_is_that_of_its_titles) {
  const auto etag = [](Revision as_of, std::vector<Book> books) {
    return std::string(
        make_entry("new", catalog::Page<Book>{std::move(books), {}}, "E1", as_of)->hit->etag());
  };
  EXPECT_EQ(etag(10, {book(1, 1), book(2, 1)}), etag(99, {book(1, 50), book(2, 51)}))
      << "sales change no list of titles";
  EXPECT_NE(etag(10, {book(1, 1), book(2, 1)}), etag(10, {book(1, 1)}));
  EXPECT_THAT(etag(10, {}), ::testing::MatchesRegex("\"[0-9a-f]+\""));
}

TEST_F(ReaderTest, a_topic_that_no_book_has_is_null_and_not_cached) {
  for (int time = 0; time < 2; ++time) {
    auto read = ask_topic("nothing");
    catalog.next_call().answer(10, "E1", "{}", 404);
    EXPECT_FALSE(read.get().entry);
  }
}

TEST_F(ReaderTest, a_topic_read_across_a_listing_write_is_served_but_not_cached) {
  auto first = ask_topic("new");
  auto call = catalog.next_call();
  ASSERT_TRUE(cache.invalidate(Invalidation{"E1", "first", 11, {}, true}));
  auto joiner = ask_topic("new");
  call.answer_topic(10, {book(1, 1)});
  EXPECT_TRUE(first.get().entry);
  catalog.next_call().answer_topic(11, {book(1, 1), book(2, 11)});
  EXPECT_EQ(joiner.get().entry->books.size(), 2U);
  EXPECT_EQ(ask_topic("new").get().entry->books.size(), 2U);
}

TEST_F(ReaderTest, when_the_reader_goes_those_who_wait_are_told) {
  auto read = ask(2);
  auto call = catalog.next_call();
  asio::post(loops.at(0), asio::use_future([&] { reader.reset(); })).get();
  EXPECT_THROW(read.get(), Unavailable);
  call.answer_books(10, {book(2, 7)});
}

}  // namespace
}  // namespace bazar::frontend
