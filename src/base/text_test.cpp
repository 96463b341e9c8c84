#include "base/text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace bazar {
namespace {

using namespace std::string_view_literals;

TEST(Text, accepts_only_well_formed_utf8) {
  for (const auto good : {""sv, "plain"sv, "Grandpré"sv, "日本"sv, "\xF4\x8F\xBF\xBF"sv})
    EXPECT_TRUE(is_utf8(good));
  for (const auto bad :
       {"\xC0\x80"sv, "\xED\xA0\x80"sv, "\xF4\x90\x80\x80"sv, "\x80"sv, "\xE2\x82"sv, "\xFF"sv}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

TEST(Text, finds_control_characters) {
  EXPECT_FALSE(has_control_characters("Grandpré, ¡hola!"));
  for (const auto bad : {"a\nb"sv, "\0"sv, "\x7F"sv, "\xC2\x85"sv}) EXPECT_TRUE(has_control_characters(bad));
}

TEST(Text, idempotency_keys_are_visible_ascii) {
  EXPECT_TRUE(is_visible_ascii_key("8e03978e-40d5-43dd-bc93-6894a57f9324"));
  EXPECT_TRUE(is_visible_ascii_key(std::string(255, 'k')));
  for (const auto& bad : {std::string(), std::string(256, 'k'), std::string("a b"), std::string("é")}) {
    EXPECT_FALSE(is_visible_ascii_key(bad));
  }
}

}  // namespace
}  // namespace bazar
