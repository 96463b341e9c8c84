#include <boost/asio/detached.hpp>
#include <latch>
#include <thread>

#include "tests/contract/catalog_store_contract.hpp"

// What front-ends are sent after a commit.
namespace bazar::catalog {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;
using testing::Pair;

TEST_P(CatalogRefreshContract, after_a_commit_those_who_approved_are_sent_what_a_read_would_find) {
  const Book one = add("One");
  EXPECT_TRUE(refresher_.take().empty()) << "nobody to tell";
  run(store_->enroll(make_frontend("i", "frontend-1")));
  run(store_->enroll(make_frontend("j", "frontend-2")));
  EXPECT_TRUE(refresher_.take().empty()) << "a registration changes no book";

  BookDraft full = make_draft("Full", 3);
  full.authors = {"A", "B"};
  full.isbn = "9780306406157";
  full.year = -300;
  full.language = "el";
  full.description = "Long \"ago\"";
  const Book two = run(store_->replace(one.id, full, std::nullopt))->book;
  auto sent = refresher_.take();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_THAT(sent[0].cached, ElementsAre(Key("i"), Key("j")));
  const auto read = run(store_->books({one.id}));
  EXPECT_EQ(sent[0].epoch, read.epoch);
  EXPECT_EQ(sent[0].as_of, read.as_of);
  EXPECT_EQ(sent[0].books, books_of(read.value));

  ASSERT_EQ(sell(make_sale("k", {{one.id, 2}})).verdict, Verdict::sold);
  sent = refresher_.take();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].books, books_of(run(store_->books({one.id})).value));
  EXPECT_EQ(sent[0].books.front().quantity, 1);
}

TEST_P(CatalogRefreshContract, a_batch_is_sent_as_its_last_state_and_revision) {
  const Book one = add("One");
  const Book other = add("Other");
  run(store_->enroll(make_frontend("i")));
  std::latch first_asked(1), queued(1);
  frontends_.answer_with([&](const Invalidation&, std::span<const Member>) {
    if (!first_asked.try_wait()) {
      first_asked.count_down();
      queued.wait();
    }
    return std::vector<Member>{};
  });
  std::thread first([&] { EXPECT_TRUE(run(store_->adjust_stock(other.id, 1, "", ""))); });
  first_asked.wait();
  Loop loop(1);
  for (int i = 0; i < 3; ++i) asio::co_spawn(loop, store_->adjust_stock(one.id, 1, "", ""), asio::detached);
  loop.poll();  // all are queued behind the first
  queued.count_down();
  loop.run();
  first.join();
  const auto sent = refresher_.take();
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_THAT(sent[1].books, ElementsAre(*find(one.id)));
  EXPECT_EQ(sent[1].books.front().quantity, 13);
  EXPECT_EQ(sent[1].as_of, as_of());
}

TEST_P(CatalogRefreshContract, of_a_removed_book_nothing_is_sent) {
  const Book one = add("One");
  run(store_->enroll(make_frontend("i")));
  ASSERT_TRUE(run(store_->remove(one.id, std::nullopt)));
  for (const auto& sent : refresher_.take()) EXPECT_TRUE(sent.books.empty());
}

TEST_P(CatalogRefreshContract, who_did_not_approve_is_sent_nothing_and_what_was_rolled_back_is_not_sent) {
  const Book one = add("One");
  run(store_->enroll(make_frontend("i", "frontend-1")));
  run(store_->enroll(make_frontend("j", "frontend-2")));
  frontends_.answer_with([](const Invalidation&, std::span<const Member> members) {
    std::vector<Member> silent;
    for (const Member& member : members) {
      if (member.incarnation == "j") silent.push_back(member);
    }
    return silent;
  });
  ASSERT_TRUE(run(store_->adjust_stock(one.id, 1, "", "")));
  const auto sent = refresher_.take();
  ASSERT_EQ(sent.size(), 1U) << "once, for the attempt that was committed";
  EXPECT_THAT(sent[0].cached, ElementsAre(Key("i")));
}

TEST_P(CatalogRefreshContract, what_front_ends_say_they_cache_is_handed_on_and_what_none_caches_is_not_sent) {
  const Book one = add("One");
  const Book two = add("Two");
  run(store_->enroll(make_frontend("i", "frontend-1")));
  run(store_->enroll(make_frontend("j", "frontend-2")));
  frontends_.says_it_caches("i", {});
  frontends_.says_it_caches("j", {});
  ASSERT_TRUE(run(store_->adjust_stock(two.id, 1, "", "")));
  EXPECT_EQ(sell(make_sale("k", {{one.id, 1}})).verdict, Verdict::sold);
  EXPECT_THAT(refresher_.take(), IsEmpty());

  frontends_.says_it_caches("i", {one.id});
  EXPECT_EQ(sell(make_sale("l", {{one.id, 1}, {two.id, 1}})).verdict, Verdict::sold);
  const auto sent = refresher_.take();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_THAT(sent[0].cached, ElementsAre(Pair("i", ElementsAre(one.id)), Pair("j", IsEmpty())));
}

}  // namespace
}  // namespace bazar::catalog
