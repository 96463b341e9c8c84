#include "catalog/sale.hpp"

#include <gtest/gtest.h>

namespace bazar::catalog {
namespace {

SaleRequest request() {
  return {"key-1", {}, "Hiba", {{BookId{2}, 1}, {BookId{1}, max_line_quantity}}, "f00d"};
}

template <class Change>
std::string refused_field(Change change) {
  SaleRequest sale = request();
  change(sale);
  const auto checked = validate(sale);
  return checked ? "none" : checked.error().field;
}

TEST(Sale, accepts_a_request_within_bounds) {
  EXPECT_TRUE(validate(request()));
  EXPECT_EQ(refused_field([](auto& s) { s.name = std::string(max_name_bytes, 'n'); }), "none");
}

TEST(Sale, names_the_field_that_is_out_of_bounds) {
  EXPECT_EQ(refused_field([](auto& s) { s.key.clear(); }), "key");
  EXPECT_EQ(refused_field([](auto& s) { s.key = "two words"; }), "key");
  EXPECT_EQ(refused_field([](auto& s) { s.name.clear(); }), "name");
  EXPECT_EQ(refused_field([](auto& s) { s.name = std::string(max_name_bytes + 1, 'n'); }), "name");
  EXPECT_EQ(refused_field([](auto& s) { s.name = "a\tb"; }), "name");
  EXPECT_EQ(refused_field([](auto& s) { s.lines.clear(); }), "lines");
  EXPECT_EQ(refused_field([](auto& s) { s.lines.resize(max_lines + 1); }), "lines");
  EXPECT_EQ(refused_field([](auto& s) { s.lines[1].book_id = BookId{0}; }), "lines[1].book_id");
  EXPECT_EQ(refused_field([](auto& s) { s.lines[1].quantity = 0; }), "lines[1].quantity");
  EXPECT_EQ(refused_field([](auto& s) { s.lines[0].quantity = max_line_quantity + 1; }), "lines[0].quantity");
  EXPECT_EQ(refused_field([](auto& s) { s.lines[1].book_id = s.lines[0].book_id; }), "lines[1].book_id");
  EXPECT_EQ(refused_field([](auto& s) { s.fingerprint.clear(); }), "fingerprint");
}

TEST(Sale, verdicts_survive_the_way_to_text_and_back) {
  for (const auto v : {Verdict::sold, Verdict::out_of_stock, Verdict::not_found, Verdict::conflict}) {
    EXPECT_EQ(parse_verdict(to_string(v)), v);
  }
  EXPECT_FALSE(parse_verdict("replayed"));
}

}  // namespace
}  // namespace bazar::catalog
