#include "orders/order.hpp"

#include <gtest/gtest.h>

namespace bazar::orders {
namespace {

PurchaseRequest wish() {
  return {.key = "k1",
          .name = "Hiba",
          .lines = {{.book_id = {2}, .quantity = 1}, {.book_id = {3}, .quantity = 4}}};
}

std::string fault_of(const PurchaseRequest& request) {
  const auto checked = validate(request);
  return checked ? "" : checked.error().field;
}

TEST(Order, is_the_projection_of_its_sale) {
  const catalog::Sale sale{
      .order_id = {{1, 2, 3}},
      .key = "k1",
      .name = "Hiba",
      .currency = "USD",
      .lines = {{.book_id = {2}, .title = "RPCs for Noobs", .quantity = 3, .price = {2235}},
                {.book_id = {3}, .title = "Xen", .quantity = 1, .price = {5000}}},
      .sold_at = WallTime{milliseconds{1'700'000'000'123}},
      .version = 7};
  const Order order = to_order(sale);
  EXPECT_EQ(order.order_id, sale.order_id);
  EXPECT_EQ(order.name, "Hiba");
  EXPECT_EQ(order.currency, "USD");
  EXPECT_EQ(order.lines, sale.lines);
  EXPECT_EQ(order.total, Money{3 * 2235 + 5000});
  EXPECT_EQ(order.ordered_at, sale.sold_at);
}

TEST(Order, total_of_the_dearest_possible_order_does_not_overflow) {
  const catalog::SoldLine dearest{
      .book_id = {1}, .title = "t", .quantity = catalog::max_line_quantity, .price = {Money::max}};
  const std::vector<catalog::SoldLine> lines(catalog::max_lines, dearest);
  EXPECT_EQ(total_of(lines).minor, Money::max * 1'000 * 100);
}

TEST(Fingerprint, does_not_depend_on_the_order_of_lines_or_on_the_key) {
  PurchaseRequest other = wish();
  std::swap(other.lines[0], other.lines[1]);
  other.key = "k2";
  EXPECT_EQ(fingerprint(wish()), fingerprint(other));
}

TEST(Fingerprint, is_the_one_that_databases_of_earlier_releases_hold) {
  EXPECT_EQ(fingerprint(wish()), "e0fabb4933fc23b534fc47a7ee67ffdf285880602f8368fb8169d513675cf261");
}

TEST(Fingerprint, differs_where_the_meaning_differs) {
  const auto original = fingerprint(wish());
  PurchaseRequest other = wish();
  other.name = "Omar";
  EXPECT_NE(fingerprint(other), original);
  other = wish();
  other.lines[0].quantity = 2;
  EXPECT_NE(fingerprint(other), original);
  other = wish();
  other.lines[0].book_id = {4};
  EXPECT_NE(fingerprint(other), original);
  other = wish();
  other.lines.pop_back();
  EXPECT_NE(fingerprint(other), original);
}

TEST(Fingerprint, of_a_name_that_looks_like_a_line_is_its_own) {
  PurchaseRequest tricky{.key = "k", .name = "Hiba;2x1", .lines = {{.book_id = {3}, .quantity = 4}}};
  EXPECT_NE(fingerprint(tricky), fingerprint(wish()));
}

TEST(ValidatePurchase, accepts_values_at_their_bounds) {
  EXPECT_EQ(fault_of(wish()), "");
  PurchaseRequest widest = wish();
  widest.key = std::string(255, '~');
  widest.name = std::string(200, 'n');
  widest.lines.clear();
  for (int i = 1; i <= 100; ++i) widest.lines.push_back({.book_id = {i}, .quantity = 1'000});
  EXPECT_EQ(fault_of(widest), "");
}

TEST(ValidatePurchase, names_the_field_that_is_wrong) {
  const auto with = [](auto change) {
    PurchaseRequest request = wish();
    change(request);
    return fault_of(request);
  };
  EXPECT_EQ(with([](auto& r) { r.key = ""; }), "key");
  EXPECT_EQ(with([](auto& r) { r.key = std::string(256, 'k'); }), "key");
  EXPECT_EQ(with([](auto& r) { r.key = "a b"; }), "key");
  EXPECT_EQ(with([](auto& r) { r.key = "schlüssel"; }), "key");
  EXPECT_EQ(with([](auto& r) { r.name = ""; }), "name");
  EXPECT_EQ(with([](auto& r) { r.name = std::string(201, 'n'); }), "name");
  EXPECT_EQ(with([](auto& r) { r.name = "a\x01z"; }), "name");
  EXPECT_EQ(with([](auto& r) { r.name = "\xC3"; }), "name");
  EXPECT_EQ(with([](auto& r) { r.lines.clear(); }), "lines");
  EXPECT_EQ(with([](auto& r) { r.lines.resize(101); }), "lines");
  EXPECT_EQ(with([](auto& r) { r.lines[1].quantity = 0; }), "lines[1].quantity");
  EXPECT_EQ(with([](auto& r) { r.lines[0].quantity = 1'001; }), "lines[0].quantity");
  EXPECT_EQ(with([](auto& r) { r.lines[0].book_id = {0}; }), "lines[0].book_id");
  EXPECT_EQ(with([](auto& r) { r.lines[1].book_id = r.lines[0].book_id; }), "lines[1].book_id");
}

TEST(ValidatePurchase, refuses_a_name_of_blanks_only_in_any_alphabet) {
  EXPECT_FALSE(validate_name("   "));
  EXPECT_FALSE(validate_name("\xC2\xA0 \xE3\x80\x80"));  // no-break space, ideographic space
  EXPECT_TRUE(validate_name(" Hiba "));
  EXPECT_TRUE(validate_name("\xE5\xB8\x8C"));
}

TEST(PurchaseStatus, is_read_back_from_its_text) {
  for (const auto status : {PurchaseStatus::bought, PurchaseStatus::out_of_stock, PurchaseStatus::not_found,
                            PurchaseStatus::key_reused, PurchaseStatus::in_flight,
                            PurchaseStatus::unavailable, PurchaseStatus::invalid}) {
    EXPECT_EQ(parse_purchase_status(to_string(status)), status);
  }
  EXPECT_FALSE(parse_purchase_status("sold"));
}

}  // namespace
}  // namespace bazar::orders
