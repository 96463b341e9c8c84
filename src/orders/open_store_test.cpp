#include "orders/open_store.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <stdexcept>

#include "base/random.hpp"

namespace bazar::orders {
namespace {

TEST(OpenOrderStore, makes_the_folder_and_keeps_orders_in_orders_db) {
  const auto folder = std::filesystem::temp_directory_path() / ("bazar-orders-" + random_hex(8)) / "deep";
  {
    const auto store = open_store("sqlite:" + folder.string());
  }
  EXPECT_TRUE(std::filesystem::exists(folder / "orders.db"));
  std::filesystem::remove_all(folder.parent_path());
}

TEST(OpenOrderStore, refuses_a_database_that_it_does_not_know) {
  EXPECT_THROW(static_cast<void>(open_store("mysql:/tmp")), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(open_store("sqlite:")), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(open_store("")), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(open_store("postgresql://[half/orders")), std::invalid_argument);
}

}  // namespace
}  // namespace bazar::orders
