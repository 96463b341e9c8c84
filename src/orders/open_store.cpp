#include "orders/open_store.hpp"

#include <filesystem>
#include <stdexcept>
#include <string_view>

#include "orders/postgres_store.hpp"
#include "orders/sqlite_store.hpp"

namespace bazar::orders {

std::unique_ptr<Store> open_store(const std::string& database) {
  if (database.starts_with("postgresql://") || database.starts_with("postgres://")) {
    return std::make_unique<PostgresStore>(PostgresStoreOptions{.url = database});
  }
  constexpr std::string_view scheme = "sqlite:";
  if (!database.starts_with(scheme) || database.size() == scheme.size()) {
    throw std::invalid_argument("the database of an order service must be sqlite:DIR or postgresql://…");
  }
  const std::filesystem::path directory = database.substr(scheme.size());
  std::filesystem::create_directories(directory);
  return std::make_unique<SqliteStore>(db::DatabaseOptions{.path = (directory / "orders.db").string()});
}

}  // namespace bazar::orders
