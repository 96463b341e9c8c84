#include <thread>

#include "tests/contract/catalog_store_contract.hpp"

namespace bazar::catalog {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_P(CatalogStoreContract, a_sale_takes_the_stock_and_is_on_record) {
  const Book book = add("RPCs for Noobs", 10);
  const SaleRequest request = make_sale("k", {{book.id, 3}});
  const SaleOutcome outcome = sell(request);
  ASSERT_EQ(outcome.verdict, Verdict::sold);
  EXPECT_FALSE(outcome.replayed);
  EXPECT_EQ(outcome.sale->order_id, request.order_id);
  EXPECT_THAT(outcome.sale->lines, ElementsAre(SoldLine{book.id, "RPCs for Noobs", 3, Money{2'235}}));
  EXPECT_EQ(find(book.id)->quantity, 7);
  EXPECT_EQ(find(book.id)->version, outcome.sale->version);
  EXPECT_EQ(run(open()->sale(request.order_id)), outcome.sale);
  EXPECT_EQ(run(store_->sale(OrderId{})), std::nullopt);
}

TEST_P(CatalogStoreContract, a_repeated_sale_answers_as_the_first_time_through_any_store) {
  const Book book = add("One", 10);
  const SaleOutcome first = sell(make_sale("k", {{book.id, 3}}));
  BookPatch dearer;
  dearer.price = Money{9'999};
  ASSERT_TRUE(run(store_->patch(book.id, dearer, std::nullopt)));
  const auto other = open();
  const SaleOutcome again = run(other->sell({make_sale("k", {{book.id, 3}})}, {})).front();
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.sale, first.sale) << "with the first order id, at the first price";
  EXPECT_EQ(find(book.id)->quantity, 7);
}

TEST_P(CatalogStoreContract, a_key_with_another_payload_is_a_conflict_and_changes_nothing) {
  const Book book = add("One", 10);
  sell(make_sale("k", {{book.id, 3}}, "f"));
  EXPECT_EQ(sell(make_sale("k", {{book.id, 4}}, "g")).verdict, Verdict::conflict);
  EXPECT_EQ(find(book.id)->quantity, 7);
}

TEST_P(CatalogStoreContract, a_refusal_is_remembered_past_a_restock) {
  const Book book = add("One", 1);
  const SaleOutcome refused = sell(make_sale("k", {{book.id, 2}}));
  EXPECT_EQ(refused.verdict, Verdict::out_of_stock);
  EXPECT_THAT(refused.refused, ElementsAre(RefusedLine{book.id, 2, 1}));
  ASSERT_TRUE(run(store_->adjust_stock(book.id, 100, "", "")));
  const SaleOutcome late = sell(make_sale("k", {{book.id, 2}}));
  EXPECT_TRUE(late.replayed);
  EXPECT_EQ(late.verdict, Verdict::out_of_stock);
  EXPECT_EQ(late.refused, refused.refused);
  EXPECT_EQ(sell(make_sale("new key", {{book.id, 2}})).verdict, Verdict::sold);
}

TEST_P(CatalogStoreContract, a_refused_sale_raises_no_revision) {
  const Book book = add("One", 0);
  const Revision before = as_of();
  sell(make_sale("k", {{book.id, 1}}));
  EXPECT_EQ(as_of(), before);
}

TEST_P(CatalogStoreContract, several_lines_are_all_sold_or_none) {
  const Book many = add("Many", 10), few = add("Few", 1);
  const SaleOutcome refused = sell(make_sale("a", {{many.id, 2}, {few.id, 2}, {BookId{999}, 1}}));
  EXPECT_EQ(refused.verdict, Verdict::not_found);
  EXPECT_THAT(refused.refused, ElementsAre(RefusedLine{few.id, 2, 1}, RefusedLine{BookId{999}, 1, 0}));
  EXPECT_EQ(find(many.id)->quantity, 10);
  EXPECT_EQ(sell(make_sale("b", {{many.id, 2}, {few.id, 1}})).verdict, Verdict::sold);
  EXPECT_EQ(find(many.id)->quantity, 8);
  EXPECT_EQ(find(few.id)->quantity, 0);
}

TEST_P(CatalogStoreContract, a_book_on_two_lines_of_a_sale_is_counted_twice) {
  const Book book = add("One", 3);
  EXPECT_EQ(sell(make_sale("a", {{book.id, 2}, {book.id, 2}})).verdict, Verdict::out_of_stock);
  EXPECT_EQ(find(book.id)->quantity, 3);
  EXPECT_EQ(sell(make_sale("b", {{book.id, 2}, {book.id, 1}})).verdict, Verdict::sold);
  EXPECT_EQ(find(book.id)->quantity, 0);
}

TEST_P(CatalogStoreContract, in_one_call_each_sale_has_its_own_outcome_in_order) {
  const Book book = add("One", 2);
  const SaleRequest twice = make_sale("a", {{book.id, 1}});
  const auto outcomes =
      run(store_->sell({twice, make_sale("b", {{BookId{999}, 1}}), twice, make_sale("a", {{book.id, 1}}, "g"),
                        make_sale("c", {{book.id, 1}}), make_sale("d", {{book.id, 1}})},
                       {}));
  std::vector<Verdict> verdicts;
  for (const auto& outcome : outcomes) verdicts.push_back(outcome.verdict);
  EXPECT_THAT(verdicts, ElementsAre(Verdict::sold, Verdict::not_found, Verdict::sold, Verdict::conflict,
                                    Verdict::sold, Verdict::out_of_stock));
  EXPECT_TRUE(outcomes[2].replayed);
}

TEST_P(CatalogStoreContract, an_order_id_that_another_key_has_is_a_conflict_and_spoils_no_other_sale) {
  const Book book = add("One", 10);
  const SaleRequest first = make_sale("a", {{book.id, 1}});
  SaleRequest thief = make_sale("b", {{book.id, 5}});
  thief.order_id = first.order_id;
  const auto outcomes = run(store_->sell({first, thief, make_sale("c", {{book.id, 1}})}, {}));
  EXPECT_EQ(outcomes[1].verdict, Verdict::conflict);
  EXPECT_EQ(outcomes[2].verdict, Verdict::sold);
  EXPECT_EQ(find(book.id)->quantity, 8);
}

TEST_P(CatalogStoreContract, keys_between_known_ones_are_new_and_the_known_ones_are_replayed_in_any_order) {
  const Book book = add("One", 100);
  for (const char* key : {"d", "b", "f", "zz"})
    ASSERT_EQ(sell(make_sale(key, {{book.id, 1}})).verdict, Verdict::sold);
  std::vector<SaleRequest> requests;
  std::string replayed;
  for (const char* key : {"e", "f", "c", "d", "g", "a", "b", "bb", "z", "zz", "zzz", "f"}) {
    requests.push_back(make_sale(key, {{book.id, 1}}));
  }
  const auto outcomes = run(store_->sell(requests, {}));
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    EXPECT_EQ(outcomes[i].verdict, Verdict::sold);
    EXPECT_EQ(outcomes[i].sale->key, requests[i].key);
    if (outcomes[i].replayed) replayed += requests[i].key + " ";
  }
  EXPECT_EQ(replayed, "f d b zz f ");
  EXPECT_EQ(find(book.id)->quantity, 100 - 11);
}

TEST_P(CatalogStoreContract, of_many_sales_in_one_call_those_wait_for_projection_that_were_sold) {
  const Book many = add("Many", 1'000), none = add("None", 0);
  std::vector<SaleRequest> requests;
  for (int i = 0; i < 333; ++i) {
    requests.push_back(make_sale("key " + std::to_string(i), {{i % 5 == 0 ? none.id : many.id, 1}}));
  }
  std::vector<Sale> sold;
  for (auto& outcome : run(store_->sell(requests, {}))) {
    if (outcome.sale) sold.push_back(*outcome.sale);
  }
  EXPECT_EQ(sold.size(), 266U);
  EXPECT_EQ(run(store_->unprojected_sales(1'000)), sold);
  for (const Sale& sale : sold) EXPECT_EQ(run(store_->sale(sale.order_id)), sale);
}

TEST_P(CatalogStoreContract, sales_wait_oldest_first_until_they_are_projected) {
  const Book book = add("One", 10);
  const auto a = sell(make_sale("a", {{book.id, 1}})).sale, b = sell(make_sale("b", {{book.id, 1}})).sale;
  sell(make_sale("refused", {{BookId{999}, 1}}));
  EXPECT_THAT(run(store_->unprojected_sales(10)), ElementsAre(*a, *b));
  EXPECT_THAT(run(store_->unprojected_sales(1)), ElementsAre(*a));
  run(store_->sell({}, {a->order_id, OrderId{}}));
  EXPECT_THAT(run(store_->unprojected_sales(10)), ElementsAre(*b));
  run(store_->sell({}, {a->order_id, b->order_id}));
  EXPECT_THAT(run(store_->unprojected_sales(10)), IsEmpty());
  EXPECT_EQ(run(store_->sale(a->order_id)), a);
}

TEST_P(CatalogStoreContract, sales_may_be_reported_in_any_portions_and_more_than_once) {
  const Book book = add("One", 1'000);
  std::vector<Sale> waiting;
  int next = 0;
  for (const int calls : {7, 1, 12}) {  // refusals stand between the sales of one call
    std::vector<SaleRequest> sales;
    for (int i = 0; i < calls; ++i) {
      sales.push_back(make_sale("s" + std::to_string(next++), {{book.id, 1}}));
      if (i % 4 == 3) sales.push_back(make_sale("r" + std::to_string(next), {{BookId{999}, 1}}));
    }
    for (auto& outcome : run(store_->sell(sales, {}))) {
      if (outcome.sale) waiting.push_back(*outcome.sale);
    }
  }
  const std::vector<Sale> all = waiting;
  // Every third, from the end; then the middle, with some of the former again; then all.
  for (const auto& reported : {std::vector<int>{18, 15, 12, 9, 6, 3, 0},
                               {8, 9, 10, 7, 11, 6, 2},
                               {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19}}) {
    std::vector<OrderId> ids;
    for (const int place : reported) {
      ids.push_back(all[static_cast<std::size_t>(place)].order_id);
      std::erase_if(waiting, [&](const Sale& sale) { return sale.order_id == ids.back(); });
    }
    run(store_->sell({}, ids));
    EXPECT_EQ(run(store_->unprojected_sales(100)), waiting);
  }
  EXPECT_THAT(waiting, IsEmpty());
}

TEST_P(CatalogStoreContract, a_sale_has_the_price_and_the_stock_that_another_store_has_left) {
  const Book book = add("One", 10);
  sell(make_sale("a", {{book.id, 1}}));
  const auto other = open();
  BookPatch dearer;
  dearer.price = Money{9'999};
  ASSERT_TRUE(run(other->patch(book.id, dearer, std::nullopt)));
  run(other->sell({make_sale("b", {{book.id, 8}})}, {}));
  const SaleOutcome last = sell(make_sale("c", {{book.id, 1}}));
  ASSERT_EQ(last.verdict, Verdict::sold);
  EXPECT_EQ(last.sale->lines.front().price, Money{9'999});
  EXPECT_EQ(sell(make_sale("d", {{book.id, 1}})).verdict, Verdict::out_of_stock);
}

TEST_P(CatalogStoreContract, a_sale_after_an_edit_and_a_removal_sees_them) {
  const Book book = add("One", 10);
  sell(make_sale("a", {{book.id, 1}}));
  BookPatch dearer;
  dearer.price = Money{9'999};
  ASSERT_TRUE(run(store_->patch(book.id, dearer, std::nullopt)));
  EXPECT_EQ(sell(make_sale("b", {{book.id, 1}})).sale->lines.front().price, Money{9'999});
  ASSERT_TRUE(run(store_->remove(book.id, std::nullopt)));
  EXPECT_EQ(sell(make_sale("c", {{book.id, 1}})).verdict, Verdict::not_found);
}

TEST_P(CatalogStoreContract, a_sale_outlives_its_book) {
  const Book book = add("One", 10);
  const auto sale = sell(make_sale("a", {{book.id, 4}})).sale;
  ASSERT_TRUE(run(store_->remove(book.id, std::nullopt)));
  EXPECT_EQ(run(store_->sale(sale->order_id)), sale);
  BookDraft draft = make_draft("Another", 5);
  draft.id = book.id;
  ASSERT_TRUE(run(store_->create(draft, "", "")));
  EXPECT_TRUE(sell(make_sale("a", {{book.id, 4}})).replayed);
}

TEST_P(CatalogStoreContract, stock_that_many_want_is_sold_exactly_once) {
  constexpr std::int64_t stock = 100;
  constexpr int buyers = 60, attempts = 5;
  const Book book = add("Hot", stock);
  const auto other = open();
  std::atomic<std::int64_t> sold = 0;
  const auto buy = [&](Store& store, int from) {
    std::vector<Task<std::vector<SaleOutcome>>> sales;
    for (int buyer = from; buyer < buyers; buyer += 2) {
      for (int attempt = 0; attempt < attempts; ++attempt) {
        const std::string key = std::to_string(buyer) + "/" + std::to_string(attempt);
        sales.push_back(store.sell({make_sale(key, {{book.id, 1}})}, {}));
        sales.push_back(store.sell({make_sale(key, {{book.id, 1}})}, {}));  // in flight twice
      }
    }
    for (const auto& outcomes : run_all(std::move(sales))) {
      if (outcomes.front().verdict == Verdict::sold && !outcomes.front().replayed) ++sold;
    }
  };
  std::thread thread([&] { buy(*other, 1); });
  buy(*store_, 0);
  thread.join();
  EXPECT_EQ(sold, stock);
  EXPECT_EQ(find(book.id)->quantity, 0);
  EXPECT_EQ(run(store_->unprojected_sales(1'000)).size(), static_cast<std::size_t>(stock));
}

TEST_P(CatalogStoreContract, sales_and_edits_that_meet_in_a_batch_lose_nothing) {
  const Book book = add("One", 1'000);
  std::vector<Task<std::vector<SaleOutcome>>> work;
  for (int i = 0; i < 40; ++i) {
    work.push_back(store_->sell({make_sale("s" + std::to_string(i), {{book.id, 2}})}, {}));
    work.push_back([](Store& store, BookId id) -> Task<std::vector<SaleOutcome>> {
      BookPatch patch;
      patch.description = {.present = true, .value = "new"};
      (void)co_await store.patch(id, patch, std::nullopt);
      (void)co_await store.adjust_stock(id, 1, "", "");
      co_return std::vector<SaleOutcome>{};
    }(*store_, book.id));
  }
  run_all(std::move(work));
  EXPECT_EQ(find(book.id)->quantity, 1'000 - 80 + 40);
}

TEST_P(CatalogStoreContract, pruning_forgets_old_refusals_and_keys_but_no_sale) {
  const Book book = add("One", 1);
  std::vector<SaleRequest> refused;
  for (int i = 0; i < 2'500; ++i) refused.push_back(make_sale("r" + std::to_string(i), {{BookId{999}, 1}}));
  run(store_->sell(std::move(refused), {}));
  const auto sale = sell(make_sale("sold", {{book.id, 1}})).sale;
  ASSERT_TRUE(run(store_->adjust_stock(book.id, 1, "stock", "f")));

  EXPECT_EQ(run(store_->prune(WallTime{})), 0) << "nothing is older than that";
  EXPECT_EQ(run(store_->prune(sale->sold_at + std::chrono::hours(1))), 2'501);
  EXPECT_TRUE(sell(make_sale("sold", {{book.id, 1}})).replayed);
  EXPECT_FALSE(sell(make_sale("r1", {{BookId{999}, 1}})).replayed);
  EXPECT_FALSE(run(store_->adjust_stock(book.id, 1, "stock", "f"))->replayed);
}

}  // namespace
}  // namespace bazar::catalog
