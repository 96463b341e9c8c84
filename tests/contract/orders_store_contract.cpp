#include "tests/contract/orders_store_contract.hpp"

#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"

namespace bazar::orders {
namespace {

OrderId id_of(std::uint8_t number) {
  OrderId id;
  id.bytes = {0x01, 0x90, 0x16, 0x3d, 0x86, 0x94, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, number};
  return id;
}

}  // namespace

Order order_of(std::uint8_t number, std::string name) {
  return {.order_id = id_of(number),
          .name = std::move(name),
          .currency = "USD",
          .lines = {{.book_id = {2}, .title = "RPCs for Noobs", .quantity = 3, .price = {2235}}},
          .total = Money{3 * 2235},
          .ordered_at = WallTime{milliseconds{1'700'000'000'000 + number}}};
}

namespace {

std::vector<Order> orders_of(std::initializer_list<Order> orders) { return orders; }

std::vector<int> numbers_of(const Page<Order>& page) {
  std::vector<int> numbers;
  for (const auto& order : page.items) numbers.push_back(order.order_id.bytes[15]);
  return numbers;
}

TEST_P(OrderStoreContract, finds_an_inserted_order_as_it_was) {
  Order order = order_of(1, "Hiba \"the reader\" \xE5\xB8\x8C");
  order.currency = "JPY";
  order.lines.push_back(
      {.book_id = {BookId::max}, .title = "T\xC3\xA4tle\\", .quantity = 1'000, .price = {Money::max}});
  order.total = Money{1'000 * Money::max + 3 * 2235};
  await(store_->insert(orders_of({order})));
  EXPECT_EQ(await(store_->find(order.order_id)), order);
}

TEST_P(OrderStoreContract, does_not_find_what_was_never_inserted) {
  await(store_->insert(orders_of({order_of(1, "Hiba")})));
  EXPECT_EQ(await(store_->find(id_of(2))), std::nullopt);
}

TEST_P(OrderStoreContract, keeps_the_first_of_two_inserts_of_an_id) {
  const Order first = order_of(1, "Hiba");
  await(store_->insert(orders_of({first, order_of(1, "twin in one call")})));
  await(store_->insert(orders_of({order_of(1, "late"), order_of(2, "Omar")})));
  EXPECT_EQ(await(store_->find(id_of(1))), first);
  EXPECT_EQ(await(store_->find(id_of(2))), order_of(2, "Omar"));
  EXPECT_EQ(await(store_->list("", std::nullopt, 10)).items.size(), 2U);
}

TEST_P(OrderStoreContract, takes_many_orders_at_once_some_of_them_known_or_twice) {
  await(store_->insert(orders_of({order_of(7, "known"), order_of(200, "known")})));
  std::vector<Order> orders;
  for (std::uint8_t number = 250; number > 0; --number) orders.push_back(order_of(number, "new"));
  orders.push_back(order_of(3, "new"));
  await(store_->insert(std::move(orders)));
  EXPECT_EQ(numbers_of(await(store_->list("known", {}, 9))), (std::vector{200, 7}));
  EXPECT_EQ(await(store_->list("new", {}, 999)).items.size(), 248U);
  EXPECT_EQ(await(store_->list("", {}, 999)).items.size(), 250U);
}

TEST_P(OrderStoreContract, takes_an_empty_insert) {
  await(store_->insert({}));
  EXPECT_TRUE(await(store_->list("", std::nullopt, 10)).items.empty());
}

TEST_P(OrderStoreContract, lists_a_customers_orders_latest_first_in_pages) {
  await(store_->insert(orders_of({order_of(3, "Hiba"), order_of(1, "Hiba"), order_of(2, "Omar"),
                                  order_of(5, "Hiba"), order_of(4, "Hiba")})));
  const auto first = await(store_->list("Hiba", std::nullopt, 3));
  EXPECT_EQ(numbers_of(first), (std::vector{5, 4, 3}));
  ASSERT_EQ(first.next, to_string(id_of(3)));
  const auto second = await(store_->list("Hiba", parse_order_id(*first.next), 3));
  EXPECT_EQ(numbers_of(second), (std::vector{1}));
  EXPECT_EQ(second.next, std::nullopt);
}

TEST_P(OrderStoreContract, has_no_next_page_where_the_last_one_is_just_full) {
  await(store_->insert(orders_of({order_of(1, "Hiba"), order_of(2, "Hiba")})));
  const auto page = await(store_->list("Hiba", std::nullopt, 2));
  EXPECT_EQ(page.items.size(), 2U);
  EXPECT_EQ(page.next, std::nullopt);
}

TEST_P(OrderStoreContract, lists_everybodys_orders_oldest_first_in_pages) {
  await(store_->insert(orders_of({order_of(2, "Omar"), order_of(3, "Hiba"), order_of(1, "Hiba")})));
  const auto first = await(store_->list("", std::nullopt, 2));
  EXPECT_EQ(numbers_of(first), (std::vector{1, 2}));
  ASSERT_TRUE(first.next);
  const auto second = await(store_->list("", parse_order_id(*first.next), 2));
  EXPECT_EQ(numbers_of(second), (std::vector{3}));
  EXPECT_EQ(second.next, std::nullopt);
}

TEST_P(OrderStoreContract, ends_a_page_early_rather_than_let_it_grow_without_bound) {
  constexpr std::uint8_t count = 120;
  std::vector<Order> large;
  for (std::uint8_t i = 0; i < count; ++i) {
    Order order = order_of(i, "Hiba");
    order.lines.resize(catalog::max_lines,
                       {.book_id = {1}, .title = std::string(512, 't'), .quantity = 1, .price = {1}});
    large.push_back(std::move(order));
  }
  await(store_->insert(std::move(large)));
  const auto first = await(store_->list("", std::nullopt, 1'000));
  EXPECT_LT(first.items.size(), count);
  std::size_t seen = first.items.size();
  for (auto next = first.next; next;) {
    const auto page = await(store_->list("", parse_order_id(*next), 1'000));
    ASSERT_FALSE(page.items.empty());
    seen += page.items.size();
    next = page.next;
  }
  EXPECT_EQ(seen, count);
}

TEST_P(OrderStoreContract, tells_names_apart_by_every_byte) {
  await(store_->insert(
      orders_of({order_of(1, "Hiba"), order_of(2, "hiba"), order_of(3, "Hiba "), order_of(4, "%")})));
  EXPECT_EQ(numbers_of(await(store_->list("Hiba", std::nullopt, 10))), (std::vector{1}));
  EXPECT_EQ(numbers_of(await(store_->list("%", std::nullopt, 10))), (std::vector{4}));
  EXPECT_TRUE(await(store_->list("nobody", std::nullopt, 10)).items.empty());
}

TEST_P(OrderStoreContract, shows_an_order_to_another_store_once_its_insert_has_returned) {
  const auto other = fixture_->open();
  EXPECT_EQ(await(other->find(id_of(1))), std::nullopt);
  await(store_->insert(orders_of({order_of(1, "Hiba")})));
  EXPECT_EQ(await(other->find(id_of(1))), order_of(1, "Hiba"));
}

TEST_P(OrderStoreContract, keeps_orders_when_it_is_opened_again) {
  await(store_->insert(orders_of({order_of(1, "Hiba")})));
  store_.reset();
  store_ = fixture_->open();
  EXPECT_EQ(await(store_->find(id_of(1))), order_of(1, "Hiba"));
}

TEST_P(OrderStoreContract, takes_inserts_of_several_stores_and_threads_at_once) {
  const auto other = fixture_->open();
  constexpr std::uint8_t each = 40;
  const auto insert_each = [](Store& store, std::uint8_t from) {
    // Half of the orders are also inserted by a neighbour: replicas project the same sales.
    for (std::uint8_t i = 0; i < each; ++i) {
      await(store.insert(orders_of({order_of(static_cast<std::uint8_t>(from + i), "Hiba")})));
    }
  };
  {
    std::vector<std::jthread> threads;
    threads.emplace_back([&] { insert_each(*store_, 0); });
    threads.emplace_back([&] { insert_each(*store_, each / 2); });
    threads.emplace_back([&] { insert_each(*other, each); });
    threads.emplace_back([&] { insert_each(*other, each + each / 2); });
  }
  const auto all = await(store_->list("", std::nullopt, 1'000));
  EXPECT_EQ(all.items.size(), static_cast<std::size_t>(2 * each + each / 2));
}

TEST_P(OrderStoreContract, says_that_it_is_well) { EXPECT_NO_THROW(await(store_->check())); }

}  // namespace
}  // namespace bazar::orders
