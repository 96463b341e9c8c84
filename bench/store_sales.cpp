// Purchases a second through a catalog store, without HTTP: many coroutines, each with one sale at a time.
//
//   store_sales --database sqlite:DIR|postgresql://… [--books 10000] [--hot] [--buyers 1000] [--seconds 5]
//
// Prints one line. The database should be empty: it is stocked first, and keeps what was sold.

#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "base/random.hpp"
#include "catalog/postgres/postgres_store.hpp"
#include "catalog/sqlite/sqlite_store.hpp"

namespace bazar {
namespace {

using Seconds = std::chrono::duration<double>;

struct Options {
  std::string database;
  std::int64_t books = 10'000;
  std::int64_t buyers = 1'000;
  double seconds = 5;
  bool hot = false;
};

class Nobody final : public catalog::Invalidator {
 public:
  catalog::Answers ask(const catalog::Invalidation&, std::span<const catalog::Member>) override { return {}; }
};

std::unique_ptr<catalog::Store> open(const std::string& database, catalog::Invalidator& nobody,
                                     const Clock& clock, observe::Metrics& metrics) {
  if (database.starts_with("postgresql://")) {
    return std::make_unique<catalog::PostgresStore>(catalog::PostgresStoreOptions{.url = database}, nobody,
                                                    clock, metrics);
  }
  return std::make_unique<catalog::SqliteStore>(
      catalog::SqliteStoreOptions{.directory = database.substr(sizeof "sqlite:" - 1)}, nobody, clock,
      metrics);
}

Task<void> stock(catalog::Store& store, std::int64_t books) {
  constexpr std::int64_t step = 1'000;
  for (std::int64_t first = 0; first < books; first += step) {
    std::vector<catalog::ImportItem> items;
    for (std::int64_t i = first; i < std::min(books, first + step); ++i) {
      catalog::ImportItem& item = items.emplace_back();
      item.key = "row:" + std::to_string(i);
      item.draft.title = "A book with a title of usual length, number " + std::to_string(i);
      item.draft.topic = "topic " + std::to_string(i % 50);
      item.draft.price = Money{1'999};
      item.draft.quantity = catalog::max_stock;
      item.draft.description = std::string(300, 'd');
    }
    co_await store.import(std::move(items));
  }
}

struct Progress {
  const Options& options;
  OrderIdGenerator order_ids;
  SteadyTime end;
  std::int64_t sold = 0;
  std::uint64_t draw = 88172645463325252ull;  ///< xorshift

  std::uint64_t random() {
    draw ^= draw << 13;
    draw ^= draw >> 7;
    return draw ^= draw << 17;
  }
};

Task<void> buy(catalog::Store& store, Progress& progress) {
  while (std::chrono::steady_clock::now() < progress.end) {
    const std::uint64_t draw = progress.random();
    const auto books = static_cast<std::uint64_t>(progress.options.books);
    const auto book = static_cast<std::int64_t>(progress.options.hot ? 1 : draw % books + 1);
    std::vector<catalog::SaleRequest> sales(1);
    sales[0] = {.key = std::to_string(draw) + std::to_string(progress.random()),
                .order_id = progress.order_ids.next(),
                .name = "Hiba",
                .lines = {{BookId{book}, 1}},
                .fingerprint = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"};
    const auto outcomes = co_await store.sell(std::move(sales), {});
    if (outcomes[0].verdict != catalog::Verdict::sold) throw std::runtime_error("a sale was refused");
    ++progress.sold;
  }
}

void spawn(Loop& loop, Task<void> task) {
  asio::co_spawn(loop, std::move(task), [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
  });
}

int run(const Options& options) {
  SystemClock clock;
  observe::Metrics metrics;
  Nobody nobody;
  const auto store = open(options.database, nobody, clock, metrics);
  Loop loop(1);
  spawn(loop, stock(*store, options.books));
  loop.run();
  loop.restart();
  const SteadyTime start = clock.now();
  Progress progress{options, OrderIdGenerator(clock),
                    start + std::chrono::duration_cast<milliseconds>(Seconds(options.seconds))};
  for (std::int64_t i = 0; i < options.buyers; ++i) spawn(loop, buy(*store, progress));
  loop.run();
  const double elapsed = Seconds(clock.now() - start).count();
  std::printf("%s, %lld buyers: %.0f purchases/s\n", options.hot ? "hot" : "spread",
              static_cast<long long>(options.buyers), static_cast<double>(progress.sold) / elapsed);
  return 0;
}

}  // namespace
}  // namespace bazar

int main(int argc, char** argv) {
  bazar::Options options;
  CLI::App app("Purchases a second through a catalog store");
  app.add_option("--database", options.database)->required();
  app.add_option("--books", options.books)->check(CLI::PositiveNumber);
  app.add_option("--buyers", options.buyers)->check(CLI::PositiveNumber);
  app.add_option("--seconds", options.seconds);
  app.add_flag("--hot", options.hot);
  CLI11_PARSE(app, argc, argv);
  return bazar::run(options);
}
