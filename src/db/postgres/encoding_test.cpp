#include "db/postgres/encoding.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "db/postgres/endpoints.hpp"
#include "db/postgres/errors.hpp"

namespace bazar::db::postgres {
namespace {

using testing::ElementsAre;
using namespace std::string_view_literals;

std::string bytes_of(const Parameters& parameters) {
  const auto arrays = parameters.arrays();
  return {arrays.values[0], static_cast<std::size_t>(arrays.lengths[0])};
}

TEST(PostgresEncoding, numbers_are_big_endian) {
  EXPECT_EQ(bytes_of(Parameters::of(std::int64_t{-2})), "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFE"sv);
  EXPECT_EQ(decode_integer("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFE"sv), -2);
  EXPECT_EQ(decode_integer("\xFF\xFE"sv), -2);
  EXPECT_EQ(decode_integer("\x00\x00\x01\x00"sv), 256);
  EXPECT_EQ(decode_integer(bytes_of(Parameters::of(std::numeric_limits<std::int64_t>::min()))),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(decode_float8(bytes_of(Parameters::of(-0.1))), -0.1);
}

TEST(PostgresEncoding, what_has_another_length_is_no_value) {
  EXPECT_FALSE(decode_integer(""));
  EXPECT_FALSE(decode_integer("123"));
  EXPECT_FALSE(decode_integer("123456789"));
  EXPECT_FALSE(decode_boolean("\2"sv));
  EXPECT_FALSE(decode_boolean(""));
  EXPECT_FALSE(decode_float8("1234"));
  EXPECT_FALSE(decode_uuid("123456789012345"));
}

TEST(PostgresEncoding, an_array_tells_its_nulls_and_an_empty_one_has_no_dimension) {
  const std::vector<std::optional<std::string>> texts{"a", std::nullopt};
  EXPECT_EQ(bytes_of(Parameters::of(texts)),
            "\0\0\0\1\0\0\0\1\0\0\0\x19\0\0\0\2\0\0\0\1\0\0\0\1a\xFF\xFF\xFF\xFF"sv);
  EXPECT_EQ(bytes_of(Parameters::of(std::vector<std::int64_t>{})), "\0\0\0\0\0\0\0\0\0\0\0\x14"sv);
}

TEST(PostgresEncoding, an_absent_value_is_null) {
  const auto parameters = Parameters::of(std::optional<std::int64_t>{}, std::optional<std::string>("x"));
  const auto arrays = parameters.arrays();
  EXPECT_EQ(arrays.values[0], nullptr);
  EXPECT_NE(arrays.values[1], nullptr);
}

std::string setting(const Endpoint& endpoint, std::string_view keyword) {
  for (const auto& [name, value] : endpoint.settings) {
    if (name == keyword) return value;
  }
  return "";
}

TEST(PostgresEndpoints, each_host_stands_by_itself) {
  const auto endpoints = parse_endpoints("postgresql://u:secret@h1,h2:5433/shop?sslmode=require");
  ASSERT_EQ(endpoints.size(), 2u);
  EXPECT_EQ(setting(endpoints[0], "host"), "h1");
  EXPECT_EQ(setting(endpoints[0], "port"), "");
  EXPECT_EQ(setting(endpoints[1], "host"), "h2");
  EXPECT_EQ(setting(endpoints[1], "port"), "5433");
  EXPECT_EQ(setting(endpoints[1], "dbname"), "shop");
  EXPECT_EQ(setting(endpoints[1], "password"), "secret");
  EXPECT_EQ(setting(endpoints[1], "sslmode"), "require");
  EXPECT_EQ(endpoints[1].name, "h2:5433");
  EXPECT_EQ(parse_endpoints("host=a,b port=1 dbname=x")[1].name, "b:1");
}

TEST(PostgresEndpoints, what_cannot_be_read_is_not_repeated) {
  for (const std::string url : {"postgresql://u:secret@[::1/x", "host=a,b,c port=1,2 password=secret",
                                "nonsense=secret", "postgresql://u:secret@h/x?nonsense=1"}) {
    try {
      (void)parse_endpoints(url);
      ADD_FAILURE() << url;
    } catch (const std::invalid_argument& error) {
      EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos) << error.what();
    }
  }
}

TEST(PostgresErrors, a_server_that_cannot_is_told_from_a_statement_that_is_wrong) {
  for (const auto state :
       {"08006", "25006", "25P03", "40P01", "53100", "55P03", "57P01", "58030", "XX000", "42501"}) {
    EXPECT_TRUE(is_outage(state)) << state;
  }
  for (const auto state : {"23505", "23514", "42601", "42P01", "22P02"})
    EXPECT_FALSE(is_outage(state)) << state;
  EXPECT_THROW(throw_server_error("57P01", "stop"), Unavailable);
  EXPECT_THROW(throw_server_error("23505", "twice"), SqlError);
}

}  // namespace
}  // namespace bazar::db::postgres
