// The whole process tree is killed under load, again and again; what was acknowledged is there after each
// restart, and stock and sales add up. A kill leaves the kernel's page cache alone: missing fsyncs are the
// business of lossy_vfs_test.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "base/random.hpp"
#include "base/temporary_folder.hpp"
#include "tests/harness/store_process.hpp"

namespace bazar {
namespace {

using harness::StoreProcess;

constexpr int buyers = 16;
constexpr milliseconds patience{30'000};

/// Crashes in one run: 50, in the long run 500.
int crashes() {
  static const bool full =
      std::getenv("BAZAR_TEST_FULL") != nullptr;  // NOLINT(concurrency-mt-unsafe): one thread
  return full ? 500 : 50;
}

struct Ledger {
  std::map<std::int64_t, std::int64_t> initial;     ///< stock by book at the beginning
  std::map<std::string, std::string> acknowledged;  ///< answer by order id
};

struct Load {
  Loop& loop;
  http::Client client;
  http::Endpoint frontend;
  Ledger& ledger;
  std::mt19937& random;
  std::size_t until_crash;  ///< acknowledged purchases before the tree is killed
  bool crashed = false;
};

Task<> buy_until_crash(Load& load, StoreProcess& store) {
  while (!load.crashed) {
    const std::string book = std::to_string(1 + load.random() % 7);
    const std::string body =
        R"({"name":"crash test","quantity":)" + std::to_string(1 + load.random() % 2) + "}";
    http::ClientResponse response;
    try {
      response = co_await load.client.send(load.frontend,
                                           {.method = http::Method::post,
                                            .target = "/purchase/" + book,
                                            .headers = {{"Idempotency-Key", random_hex(12)}},
                                            .body = body},
                                           std::chrono::steady_clock::now() + patience);
    } catch (const Outage&) {
      EXPECT_TRUE(load.crashed) << "a purchase failed before the crash";
      co_return;
    }
    if (load.crashed) co_return;
    if (response.status == 503) continue;  // not acknowledged: it may or may not have gone through
    EXPECT_EQ(response.status, 200U) << response.body;
    if (response.status != 200) co_return;
    load.ledger.acknowledged[std::string(boost::json::parse(response.body).at("order_id").as_string())] =
        response.body;
    if (--load.until_crash == 0) {
      load.crashed = true;
      store.kill_tree();
    }
  }
}

Task<boost::json::value> get(Loop& loop, http::Client& client, http::Endpoint server, std::string target) {
  const auto response =
      co_await harness::send_with_retries(loop, client, server, {.target = target}, patience);
  EXPECT_EQ(response.status, 200U) << target << ' ' << response.body;
  co_return boost::json::parse(response.body);
}

Task<std::map<std::int64_t, std::int64_t>> stock_by_book(Loop& loop, http::Client& client,
                                                         http::Endpoint frontend) {
  std::map<std::int64_t, std::int64_t> stock;
  const auto list = co_await get(loop, client, frontend, "/info");
  for (const auto& book : list.at("books").as_array()) {
    stock[book.at("id").to_number<std::int64_t>()] = book.at("quantity").to_number<std::int64_t>();
  }
  co_return stock;
}

/// Waits until every sale is an order, then compares both with the stock and with what was acknowledged.
Task<> audit(Loop& loop, StoreProcess& store, Ledger& ledger) {
  http::Client client(loop, {});
  Timer timer(loop.get_executor());
  const SteadyTime give_up = std::chrono::steady_clock::now() + patience;
  const http::Endpoint catalog = store.members("catalog").at(0).endpoint;
  while (!(co_await get(loop, client, catalog, "/sales?unprojected=1")).at("sales").as_array().empty()) {
    if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error("sales stay without orders");
    timer.expires_after(milliseconds{20});
    co_await timer.async_wait(use_task);
  }

  std::map<std::int64_t, std::int64_t> sold;
  std::set<std::string> orders;
  std::string after;
  do {
    const auto page = co_await get(loop, client, store.members("orders").at(0).endpoint,
                                   "/orders?all=1&limit=1000" + (after.empty() ? "" : "&after=" + after));
    for (const auto& order : page.at("orders").as_array()) {
      EXPECT_TRUE(orders.insert(std::string(order.at("order_id").as_string())).second);
      for (const auto& line : order.at("lines").as_array()) {
        sold[line.at("book_id").to_number<std::int64_t>()] += line.at("quantity").to_number<std::int64_t>();
      }
    }
    after = page.at("next").is_null() ? "" : std::string(page.at("next").as_string());
  } while (!after.empty());

  for (const auto& [id, answer] : ledger.acknowledged) EXPECT_TRUE(orders.contains(id)) << "lost: " << answer;
  for (const auto& [book, left] : co_await stock_by_book(loop, client, store.frontend())) {
    EXPECT_EQ(left + sold[book], ledger.initial[book]) << "book " << book;
  }
}

/// Enough of each demo book that no purchase is refused: a refusal takes no stock and proves little.
Task<> stock_up(Loop& loop, StoreProcess& store, Ledger& ledger) {
  http::Client client(loop, {.bearer_token = store.shopkeeper_token()});
  for (int book = 1; book <= 7; ++book) {
    const auto response = co_await client.send(store.frontend(),
                                               {.method = http::Method::post,
                                                .target = "/books/" + std::to_string(book) + "/stock",
                                                .headers = {{"Idempotency-Key", random_hex(12)}},
                                                .body = R"({"delta":1000000})"},
                                               std::chrono::steady_clock::now() + patience);
    EXPECT_EQ(response.status, 200U) << response.body;
  }
  ledger.initial = co_await stock_by_book(loop, client, store.frontend());
}

/// Many buyers at once, until a random number of purchases is acknowledged and the tree is killed.
Task<> load_and_crash(Loop& loop, StoreProcess& store, Ledger& ledger, std::mt19937& random) {
  auto load = std::make_shared<Load>(loop, http::Client(loop, {}), store.frontend(), ledger, random,
                                     1 + random() % 60);
  for (int i = 0; i < buyers; ++i) {
    asio::co_spawn(loop.get_executor(), buy_until_crash(*load, store), [load](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
    });
  }
  co_return;
}

TEST(Crash, of_the_whole_tree_loses_no_acknowledged_purchase_and_no_stock) {
  const unsigned seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  std::mt19937 random(seed);
  const TemporaryFolder data;
  Ledger ledger;
  for (int crash = 0; crash <= crashes() && !testing::Test::HasFailure(); ++crash) {
    SCOPED_TRACE("crash " + std::to_string(crash) + " of seed " + std::to_string(seed));
    StoreProcess store(data.path());
    if (crash == 0) {
      harness::run([&](Loop& loop) { return stock_up(loop, store, ledger); });
    } else {
      harness::run([&](Loop& loop) { return audit(loop, store, ledger); });
    }
    if (crash == crashes()) break;
    harness::run([&](Loop& loop) { return load_and_crash(loop, store, ledger, random); });
  }
}

}  // namespace
}  // namespace bazar
