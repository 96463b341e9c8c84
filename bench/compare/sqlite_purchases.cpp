// Purchases a second as most programs write them: one SQLite transaction each, durable before the next one
// begins.
//
//   sqlite_purchases CATALOG.db [--books 10000] [--hot] [--seconds 3]
//
// The file is a catalog of the store that no server has open; it keeps what is sold. Prints one line of JSON.

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <random>
#include <stdexcept>
#include <string>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/random.hpp"
#include "db/sqlite/database.hpp"

namespace bazar {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr db::Sql take_stock(
    "UPDATE stock SET quantity = quantity - 1, version = version + 1 WHERE id = ? AND quantity >= 1");
constexpr db::Sql insert_sale(
    "INSERT INTO sales(key, order_id, fingerprint, name, lines, verdict, sold_at, version) "
    "SELECT ?2, ?3, ?4, 'Hiba', json_array(json_object('book_id', books.id, 'title', title, 'quantity', 1, "
    "'price', price)), "
    "0, ?5, version FROM books JOIN stock USING (id) WHERE books.id = ?1");
constexpr db::Sql insert_unprojected("INSERT INTO unprojected_ranges VALUES(?1, ?1)");

void buy(db::Database& database, std::int64_t book, OrderIdGenerator& order_ids, const Clock& clock) {
  const OrderId order = order_ids.next();
  db::Transaction transaction(database, db::Transaction::Kind::write);
  if (database.run(take_stock, book) != 1) throw std::runtime_error("a sale was refused");
  database.run(insert_sale, book, random_hex(16), db::Blob{order.bytes}, std::string(64, 'f'),
               clock.wall().time_since_epoch().count());
  database.run(insert_unprojected, database.last_insert_id());
  transaction.commit();
}

struct Options {
  std::string file;
  std::int64_t books = 10'000;
  double seconds = 3;
  bool hot = false;
};

void run(const Options& options) {
  const SystemClock clock;
  db::Database database({.path = options.file});
  OrderIdGenerator order_ids(clock);
  std::mt19937_64 random(1);
  std::uniform_int_distribution<std::int64_t> any_book(1, options.hot ? 1 : options.books);
  std::int64_t sold = 0;
  const SteadyTime start = clock.now();
  Seconds elapsed{};
  for (; elapsed.count() < options.seconds; elapsed = clock.now() - start) {
    buy(database, any_book(random), order_ids, clock);
    ++sold;
  }
  std::printf("{\"requests\":%lld,\"rate\":%.1f}\n", static_cast<long long>(sold),
              static_cast<double>(sold) / elapsed.count());
}

}  // namespace
}  // namespace bazar

int main(int argc, char** argv) {
  bazar::Options options;
  CLI::App app("Purchases a second, one SQLite transaction each");
  app.add_option("CATALOG", options.file)->required()->check(CLI::ExistingFile);
  app.add_option("--books", options.books)->check(CLI::PositiveNumber);
  app.add_option("--seconds", options.seconds)->check(CLI::PositiveNumber);
  app.add_flag("--hot", options.hot);
  CLI11_PARSE(app, argc, argv);
  try {
    bazar::run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sqlite_purchases: %s\n", error.what());
    return 1;
  }
}
