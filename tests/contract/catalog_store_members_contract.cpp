#include <latch>
#include <thread>

#include "tests/contract/catalog_store_contract.hpp"

namespace bazar::catalog {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::vector<Member> everyone(const Invalidation&, std::span<const Member> members) {
  return {members.begin(), members.end()};
}

TEST_P(CatalogStoreContract, a_registered_front_end_may_renew_under_its_incarnation_only) {
  const Grant grant = run(store_->enroll(make_frontend("a")));
  EXPECT_EQ(grant.lease_ms, contract_lease.count());
  EXPECT_EQ(grant.epoch, run(store_->books({})).epoch);
  EXPECT_EQ(grant.revision, as_of());
  add("One");
  const auto renewed = run(open()->renew(Role::frontend, "frontend-1", "a"));
  ASSERT_TRUE(renewed);
  EXPECT_EQ(renewed->revision, as_of());
  EXPECT_EQ(run(store_->renew(Role::frontend, "frontend-1", "b")).error().reason, Refusal::Reason::not_live);
  EXPECT_EQ(run(store_->renew(Role::orders, "frontend-1", "a")).error().reason, Refusal::Reason::not_live);
}

TEST_P(CatalogStoreContract, members_are_listed_by_their_present_incarnation_until_they_retire) {
  Member orders{.role = Role::orders,
                .name = "orders-1",
                .url = "http://o",
                .control_url = "http://o",
                .incarnation = "x"};
  run(store_->enroll(orders));
  orders.incarnation = "y";
  run(store_->enroll(orders));
  run(store_->enroll(make_frontend("a")));
  run(store_->enroll(make_frontend("b")));
  EXPECT_THAT(run(store_->members()), UnorderedElementsAre(make_frontend("b"), orders));
  EXPECT_FALSE(run(store_->renew(Role::orders, "orders-1", "x")));
  run(store_->retire(Role::orders, "orders-1", "x"));
  EXPECT_TRUE(run(store_->renew(Role::orders, "orders-1", "y"))) << "another incarnation's farewell";
  run(store_->retire(Role::orders, "orders-1", "y"));
  run(store_->retire(Role::frontend, "frontend-1", "b"));
  EXPECT_FALSE(run(store_->renew(Role::frontend, "frontend-1", "b")));
  run(store_->retire(Role::frontend, "frontend-1", "a"));
  EXPECT_THAT(run(store_->members()), IsEmpty());
}

TEST_P(CatalogStoreContract, every_live_front_end_is_asked_before_the_commit_and_still_sees_the_old_value) {
  const Book book = add("One", 10);
  run(store_->enroll(make_frontend("a", "frontend-1")));
  run(store_->enroll(make_frontend("b", "frontend-2")));
  run(store_->enroll({.role = Role::orders,
                      .name = "orders-1",
                      .url = "http://o",
                      .control_url = "http://o",
                      .incarnation = "x"}));
  std::vector<std::optional<Book>> seen;
  const auto reader = open();
  frontends_.answer_with([&](const Invalidation&, std::span<const Member>) {
    seen.push_back(find_in(*reader, book.id));
    seen.push_back(find_in(*store_, book.id));
    return std::vector<Member>{};
  });
  ASSERT_EQ(sell(make_sale("k", {{book.id, 1}})).verdict, Verdict::sold);
  EXPECT_THAT(seen, ElementsAre(book, book));
  const auto asked = frontends_.asked();
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_THAT(asked[0].incarnations, UnorderedElementsAre("a", "b"));
  EXPECT_THAT(asked[0].invalidation.books, ElementsAre(book.id));
  EXPECT_FALSE(asked[0].invalidation.listing) << "a sale changes no list";
  EXPECT_EQ(asked[0].invalidation.revision, as_of());
  EXPECT_EQ(asked[0].invalidation.epoch, run(store_->books({})).epoch);
}

TEST_P(CatalogStoreContract, nobody_is_asked_about_what_changes_no_book) {
  const Book book = add("One", 1);
  run(store_->enroll(make_frontend("a")));
  sell(make_sale("k", {{book.id, 5}}));
  (void)run(store_->remove(BookId{999}, std::nullopt));
  run(store_->enroll(make_frontend("b", "frontend-2")));
  EXPECT_TRUE(run(store_->renew(Role::frontend, "frontend-1", "a")));
  EXPECT_THAT(frontends_.asked(), IsEmpty());
}

TEST_P(CatalogStoreContract, the_listing_changes_with_titles_topics_and_the_set_of_books) {
  const Book book = add("One", 1);
  run(store_->enroll(make_frontend("a")));
  BookPatch price, title, topic;
  price.price = Money{1};
  title.title = "Two";
  topic.topic = "other";
  (void)run(store_->patch(book.id, price, std::nullopt));
  (void)run(store_->patch(book.id, title, std::nullopt));
  (void)run(store_->patch(book.id, topic, std::nullopt));
  (void)run(store_->adjust_stock(book.id, 1, "", ""));
  (void)run(store_->remove(book.id, std::nullopt));
  add("Three");
  std::vector<bool> listing;
  for (const auto& asked : frontends_.asked()) listing.push_back(asked.invalidation.listing);
  EXPECT_THAT(listing, ElementsAre(false, true, true, false, true, true));
}

TEST_P(CatalogStoreContract, a_silent_front_end_is_revoked_and_the_write_waits_out_its_lease) {
  const Book book = add("One", 10);
  run(store_->enroll(make_frontend("a", "frontend-1")));
  run(store_->enroll(make_frontend("b", "frontend-2")));
  SteadyTime silent_at{};
  const auto reader = open();
  frontends_.answer_with([&](const Invalidation&, std::span<const Member> members) {
    std::vector<Member> silent;
    for (const Member& member : members) {
      if (member.incarnation == "b") silent.push_back(member);
    }
    if (!silent.empty()) silent_at = std::chrono::steady_clock::now();
    EXPECT_EQ(find_in(*reader, book.id), book) << "nothing is committed before all have approved or expired";
    return silent;
  });
  ASSERT_EQ(sell(make_sale("k", {{book.id, 1}})).verdict, Verdict::sold);
  EXPECT_GE(std::chrono::steady_clock::now() - silent_at, contract_lease);
  const auto asked = frontends_.asked();
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_THAT(asked[1].incarnations, ElementsAre("a")) << "the batch ran again, with the members read anew";
  EXPECT_FALSE(run(store_->renew(Role::frontend, "frontend-2", "b")));
  EXPECT_TRUE(run(store_->renew(Role::frontend, "frontend-1", "a")));
  EXPECT_EQ(find(book.id)->quantity, 9) << "the batch that was rolled back took nothing";
}

TEST_P(CatalogStoreContract, who_was_revoked_by_a_writer_that_died_is_waited_out_and_not_asked) {
  const Book book = add("One", 10);
  run(store_->enroll(make_frontend("a")));
  fixture_->leave_revoked(make_frontend("a"));
  EXPECT_FALSE(run(store_->renew(Role::frontend, "frontend-1", "a")));
  const auto before = std::chrono::steady_clock::now();
  ASSERT_EQ(sell(make_sale("k", {{book.id, 1}})).verdict, Verdict::sold);
  EXPECT_GE(std::chrono::steady_clock::now() - before, contract_lease);
  EXPECT_THAT(frontends_.asked(), IsEmpty());
  EXPECT_THAT(run(store_->members()), IsEmpty()) << "its lease has run out: it is gone";
}

TEST_P(CatalogStoreContract, a_revoked_incarnation_never_comes_back) {
  run(store_->enroll(make_frontend("a")));
  fixture_->leave_revoked(make_frontend("a"));
  EXPECT_EQ(run(store_->enroll(make_frontend("a"))).lease_ms, 0)
      << "a registration that comes late grants nothing";
  EXPECT_FALSE(run(store_->renew(Role::frontend, "frontend-1", "a")));
  EXPECT_GT(run(store_->enroll(make_frontend("b"))).lease_ms, 0);
  EXPECT_TRUE(run(store_->renew(Role::frontend, "frontend-1", "b")));
}

TEST_P(CatalogStoreContract, a_replaced_incarnation_stays_accountable_until_its_lease_has_run_out) {
  const Book book = add("One", 10);
  run(store_->enroll(make_frontend("old")));
  const auto before = std::chrono::steady_clock::now();
  run(store_->enroll(make_frontend("new")));
  EXPECT_FALSE(run(store_->renew(Role::frontend, "frontend-1", "old")));
  ASSERT_EQ(sell(make_sale("k", {{book.id, 1}})).verdict, Verdict::sold);
  EXPECT_GE(std::chrono::steady_clock::now() - before, contract_lease);
  EXPECT_THAT(frontends_.asked().back().incarnations, ElementsAre("new"));
  EXPECT_TRUE(run(store_->renew(Role::frontend, "frontend-1", "new")));
}

TEST_P(CatalogStoreContract, a_death_that_is_reported_ends_the_wait) {
  const Book book = add("One", 10);
  run(store_->enroll(make_frontend("a")));
  run(store_->retire(Role::frontend, "frontend-1", "a"));
  ASSERT_EQ(sell(make_sale("k", {{book.id, 1}})).verdict, Verdict::sold);
  EXPECT_THAT(frontends_.asked(), IsEmpty());
}

TEST_P(CatalogStoreContract, registering_again_under_the_same_incarnation_changes_only_the_address) {
  run(store_->enroll(make_frontend("a")));
  Member moved = make_frontend("a");
  moved.url = "http://elsewhere";
  EXPECT_EQ(run(store_->enroll(moved)).lease_ms, contract_lease.count());
  EXPECT_THAT(run(store_->members()), ElementsAre(moved));
  add("One");
  EXPECT_EQ(frontends_.asked().size(), 1u);
}

TEST_P(CatalogStoreContract, the_waiting_holds_no_lock_that_another_registration_needs) {
  const Book book = add("One", 10);
  run(store_->enroll(make_frontend("a")));
  std::latch asked(1);
  frontends_.answer_with([&](const Invalidation& invalidation, std::span<const Member> members) {
    asked.count_down();
    return everyone(invalidation, members);
  });
  std::thread writer([&] { EXPECT_EQ(sell(make_sale("k", {{book.id, 1}})).verdict, Verdict::sold); });
  asked.wait();
  frontends_.answer_with({});
  const auto other = open();
  run(other->enroll({.role = Role::orders,
                     .name = "orders-1",
                     .url = "http://o",
                     .control_url = "http://o",
                     .incarnation = "x"}));
  writer.join();
  EXPECT_EQ(find(book.id)->quantity, 9);
}

TEST_P(CatalogStoreContract, members_come_and_go_while_a_write_waits_in_the_same_store) {
  const Book book = add("One", 10);
  const auto store = fixture_->open_granting(std::chrono::hours(1), frontends_, nullptr);
  run(store->enroll(make_frontend("a")));
  std::latch asked(1);
  frontends_.answer_with([&](const Invalidation& invalidation, std::span<const Member> members) {
    asked.count_down();
    return everyone(invalidation, members);
  });
  std::atomic<bool> sold = false;
  std::thread writer([&] {
    EXPECT_EQ(run(store->sell({make_sale("k", {{book.id, 1}})}, {})).at(0).verdict, Verdict::sold);
    sold = true;
  });
  asked.wait();
  frontends_.answer_with({});
  EXPECT_GT(run(store->enroll(make_frontend("b"))).lease_ms, 0);
  EXPECT_FALSE(sold) << "it waits for the lease of an hour";
  run(store->retire(Role::frontend, "frontend-1", "a"));
  writer.join();
  EXPECT_THAT(frontends_.asked().back().incarnations, ElementsAre("b"));
}

}  // namespace
}  // namespace bazar::catalog
