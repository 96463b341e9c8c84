#include "base/csv.hpp"

#include <gtest/gtest.h>

namespace bazar {
namespace {

TEST(CsvLine, quotes_each_cell_and_doubles_the_quotes_within) {
  EXPECT_EQ(csv_line({"plain", "a \"b\"", "", "c,\r\nd"}), "\"plain\",\"a \"\"b\"\"\",\"\",\"c,\r\nd\"\r\n");
}

}  // namespace
}  // namespace bazar
