#include "audit/linearizability.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "audit/testing/operations.hpp"

namespace bazar::audit {
namespace {

using testing::add_stock;
using ::testing::AllOf;
using testing::at_ms;
using testing::buy;
using ::testing::HasSubstr;
using testing::read;
using testing::refused;
using testing::set_price;
using testing::unknown;

constexpr BookState initially{.price = Money{1'000}, .quantity = 5};

LinearizabilityResult check(std::vector<Operation> history) {
  return check_linearizability(history, initially);
}

void expect_fine(const std::vector<Operation>& history) {
  const auto result = check(history);
  EXPECT_TRUE(result.linearizable()) << (result.violation ? result.violation->explanation : "undecided");
}

/// The explanation.
std::string expect_violation(const std::vector<Operation>& history, std::size_t operation) {
  const auto result = check(history);
  EXPECT_TRUE(result.violation) << "no violation found";
  if (!result.violation) return {};
  EXPECT_EQ(result.violation->operation, operation) << result.violation->explanation;
  return result.violation->explanation;
}

TEST(Linearizability, nothing_happened) { expect_fine({}); }

TEST(Linearizability, a_sequential_history_is_fine) {
  expect_fine({read(0, 1, 1'000, 5, 3), buy(2, 3, 2, 1'000), read(4, 5, 1'000, 3, 4),
               set_price(6, 7, 1'200, 5), add_stock(8, 9, 4, 6), read(10, 11, 1'200, 7, 6),
               refused(buy(12, 13, 8, 0)), buy(14, 15, 7, 1'200), refused(add_stock(16, 17, -1)),
               read(18, 19, 1'200, 0, 7)});
}

TEST(Linearizability, a_stale_read_after_an_acknowledged_write_is_found) {
  const auto why =
      expect_violation({read(0, 1, 1'000, 5, 3), set_price(2, 3, 1'200, 4), read(5, 6, 1'000, 5, 3)}, 2);
  EXPECT_THAT(why, AllOf(HasSubstr("stale, 0.002 s after"), HasSubstr("set the price to 12.00, version 4")));
}

TEST(Linearizability, a_stale_read_is_found_without_versions) {
  const auto why = expect_violation({set_price(2, 3, 1'200), read(5, 6, 1'000, 5)}, 1);
  EXPECT_THAT(why, HasSubstr("5 in stock at 12.00"));
}

TEST(Linearizability, a_read_during_a_write_may_see_either_side) {
  for (const auto price : {1'000, 1'200}) expect_fine({set_price(1, 10, 1'200), read(2, 3, price, 5)});
}

TEST(Linearizability, what_one_client_has_seen_another_may_not_unsee) {
  const auto why = expect_violation({set_price(1, 10, 1'200), read(2, 3, 1'200, 5), read(4, 5, 1'000, 5)}, 2);
  EXPECT_THAT(why, HasSubstr("not the price at any instant"));
}

TEST(Linearizability, the_version_alone_tells_a_stale_read) {
  // The price went and came back: only the version shows which of the two is meant.
  const std::vector<Operation> history = {set_price(0, 1, 1'200, 4), set_price(2, 3, 1'000, 5)};
  auto stale = history;
  stale.push_back(read(4, 5, 1'000, 5, 3));
  expect_violation(stale, 2);
  auto fresh = history;
  fresh.push_back(read(4, 5, 1'000, 5, 5));
  expect_fine(fresh);
}

TEST(Linearizability, a_read_without_a_write_between_has_the_same_version) {
  expect_fine({read(0, 1, 1'000, 5, 3), read(2, 3, 1'000, 5, 3)});
  expect_violation({read(0, 1, 1'000, 5, 3), read(2, 3, 1'000, 5, 4)}, 1);
}

TEST(Linearizability, one_version_has_one_content) {
  const auto why =
      expect_violation({read(0, 1, 1'000, 5, 3), buy(0, 9, 1, 1'000), read(2, 3, 1'000, 4, 3)}, 2);
  EXPECT_THAT(why, HasSubstr("same version was shown with another content"));
}

TEST(Linearizability, a_write_has_a_later_version_than_what_was_read_before) {
  expect_violation({read(0, 1, 1'000, 5, 3), set_price(2, 3, 1'200, 3)}, 1);
  expect_violation({set_price(0, 1, 1'200, 7), set_price(2, 3, 1'300, 6)}, 1);
}

TEST(Linearizability, sales_of_a_batch_share_a_version_that_nobody_sees_half) {
  const auto first = buy(0, 9, 1, 1'000, 4);
  const auto second = buy(0, 9, 2, 1'000, 4);
  expect_fine({first, second, read(10, 11, 1'000, 2, 4)});
  expect_violation({first, second, read(1, 2, 1'000, 4, 4)}, 2);
}

TEST(Linearizability, a_lost_sale_shows_in_the_stock) {
  const auto why = expect_violation({buy(0, 1, 2, 1'000), read(2, 3, 1'000, 5)}, 1);
  EXPECT_THAT(why, AllOf(HasSubstr("saw 5 in stock"), HasSubstr("there could be 3 in stock at 10.00")));
}

TEST(Linearizability, a_doubled_sale_shows_in_the_stock) {
  expect_violation({buy(0, 1, 2, 1'000), read(2, 3, 1'000, 1)}, 1);
}

TEST(Linearizability, more_cannot_be_sold_than_there_was) {
  expect_violation({buy(0, 1, 3, 1'000), buy(2, 3, 3, 1'000)}, 1);
  expect_violation({buy(0, 8, 3, 1'000), buy(1, 9, 3, 1'000)}, 1);
}

TEST(Linearizability, a_read_from_the_future_is_found) {
  const auto why = expect_violation({read(0, 1, 1'200, 5), set_price(2, 3, 1'200)}, 0);
  EXPECT_THAT(why, HasSubstr("nobody had asked for that price by then"));
  expect_violation({read(0, 1, 1'000, 4), buy(2, 3, 1, 1'000)}, 0);
}

TEST(Linearizability, a_refusal_while_there_was_stock_is_found) {
  const auto why = expect_violation({refused(buy(0, 1, 5, 0))}, 0);
  EXPECT_THAT(why, HasSubstr("enough in stock"));
  expect_violation({refused(add_stock(0, 1, -5))}, 0);
  expect_fine({refused(buy(0, 1, 6, 0)), refused(add_stock(0, 1, -6))});
}

TEST(Linearizability, a_refusal_is_true_at_one_instant_only) {
  expect_fine({buy(0, 9, 5, 1'000), refused(buy(1, 2, 1, 0)), add_stock(3, 4, 7), read(10, 11, 1'000, 7)});
  expect_violation(
      {buy(0, 9, 5, 1'000), read(1, 2, 1'000, 5), refused(buy(1, 3, 1, 0)), read(4, 5, 1'000, 5)}, 3);
}

TEST(Linearizability, a_charged_price_was_the_price_during_the_purchase) {
  expect_fine({set_price(1, 5, 1'200), buy(2, 3, 1, 1'000), buy(2, 3, 1, 1'200)});
  expect_violation({set_price(1, 2, 1'200), buy(3, 4, 1, 1'000)}, 1);
  expect_violation({buy(3, 4, 1, 1'100)}, 0);
}

TEST(Linearizability, a_write_of_unknown_outcome_may_have_happened_or_not) {
  const auto lost = unknown(buy(0, 1, 2, 0));
  expect_fine({lost, read(2, 3, 1'000, 5)});
  expect_fine({lost, read(2, 3, 1'000, 3)});
  expect_fine({lost, read(2, 3, 1'000, 5), read(400, 500, 1'000, 3), read(501, 502, 1'000, 3)});
  expect_violation({lost, read(2, 3, 1'000, 3), read(4, 5, 1'000, 5)}, 2);
  expect_violation({lost, read(2, 3, 1'000, 1)}, 1);

  const auto edit = unknown(set_price(0, 1, 1'200));
  expect_fine({edit, read(2, 3, 1'000, 5), read(4, 5, 1'200, 5)});
  expect_violation({edit, read(2, 3, 1'200, 5), read(4, 5, 1'000, 5)}, 2);
  expect_fine({edit, set_price(2, 3, 1'300, 4), read(4, 5, 1'300, 5, 4), read(6, 7, 1'200, 5, 5)});
}

TEST(Linearizability, a_question_at_the_very_instant_of_an_answer_counts_as_concurrent) {
  expect_fine({set_price(0, 5, 1'200), read(5, 6, 1'000, 5)});
  expect_violation({set_price(0, 5, 1'200), read(6, 7, 1'000, 5)}, 1);
}

TEST(Linearizability, of_equal_purchases_the_one_that_is_due_first_explains_what_was_seen) {
  const auto late = buy(0, 20, 1, 1'000);
  const auto early = buy(1, 5, 1, 1'000);
  expect_fine({late, early, read(2, 3, 1'000, 4), read(6, 7, 1'000, 4), read(21, 22, 1'000, 3)});
  const auto lost = unknown(buy(0, 1, 1, 0));
  expect_fine({lost, early, read(2, 3, 1'000, 4), read(6, 7, 1'000, 4), read(21, 22, 1'000, 4)});
}

TEST(Linearizability, what_has_no_answer_or_no_effect_says_nothing) {
  expect_fine({unknown(read(0, 1, 7, 7)), refused(set_price(2, 3, 1'200)), read(4, 5, 1'000, 5)});
}

TEST(Linearizability, the_order_in_the_history_does_not_matter) {
  expect_violation({read(5, 6, 1'000, 5), set_price(2, 3, 1'200)}, 0);
}

/// What a store that keeps the rules answers to `clients` at once: `size` operations, each in effect at some
/// instant between its question and its answer. Every version is shared by the sales of up to ten operations.
std::vector<Operation> true_history(std::size_t size, int clients, int most_copies, unsigned seed) {
  std::mt19937 random(seed);
  BookState book = initially;
  book.quantity = 1'000'000;
  Revision version = 1;
  bool batch_open = false;
  std::vector<Operation> history;
  for (std::size_t i = 0; i < size; ++i) {
    const int instant = static_cast<int>(i) * 10;
    const auto spread = [&] { return static_cast<int>(random() % static_cast<unsigned>(clients * 5)); };
    const int from = instant - spread();
    const int to = instant + spread();
    const auto next_version = [&](bool joins_batch) {
      if (!joins_batch || !batch_open || random() % 10 == 0) ++version;
      batch_open = joins_batch;
    };
    const auto dice = random() % 100;
    if (dice < 50) {
      batch_open = false;
      history.push_back(read(from, to, book.price.minor, book.quantity, version));
    } else if (dice < 98) {
      const auto copies = 1 + static_cast<std::int64_t>(random() % static_cast<unsigned>(most_copies));
      next_version(true);
      history.push_back(buy(from, to, copies, book.price.minor));
      book.quantity -= copies;
    } else {
      book.price.minor = 1'000 + static_cast<std::int64_t>(random() % 50);
      next_version(false);
      history.push_back(set_price(from, to, book.price.minor, version));
    }
    if (random() % 500 == 0 && history.back().kind != OperationKind::read)
      history.back() = unknown(history.back());
  }
  return history;
}

void expect_fine_at_length(std::size_t size, int clients, int most_copies) {
  const auto history = true_history(size, clients, most_copies, 1);
  const auto result = check_linearizability(history, {.price = initially.price, .quantity = 1'000'000});
  EXPECT_TRUE(result.linearizable()) << (result.violation ? result.violation->explanation : "undecided");
}

TEST(Linearizability, a_long_history_is_checked_in_seconds) { expect_fine_at_length(20'000, 16, 3); }

TEST(Linearizability, a_hot_book_with_64_buyers_of_a_copy_each) { expect_fine_at_length(20'000, 64, 1); }

TEST(Linearizability, a_hot_book_with_64_buyers_of_some_copies_each) { expect_fine_at_length(2'000, 64, 3); }

TEST(Linearizability, gives_up_rather_than_go_on_without_end) {
  std::vector<Operation> history;
  for (int i = 1; i <= 12; ++i) history.push_back(unknown(add_stock(0, 1, 1 << i)));
  history.push_back(read(2, 3, 1'000, 5 + 1 + (1 << 12)));
  const auto result = check_linearizability(history, initially, {.max_configurations = 100});
  EXPECT_TRUE(result.undecided);
  EXPECT_FALSE(result.linearizable());
  EXPECT_TRUE(check_linearizability(history, initially).violation);
}

}  // namespace
}  // namespace bazar::audit
