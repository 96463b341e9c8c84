// One book, many buyers, and servers that are killed all the while: exactly the stock is sold, and every key
// keeps its first answer.

#include <gtest/gtest.h>
#include <signal.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/json.hpp>
#include <map>
#include <random>
#include <set>

#include "base/random.hpp"
#include "base/temporary_folder.hpp"
#include "tests/harness/store_process.hpp"

namespace bazar {
namespace {

using harness::RunningMember;
using harness::StoreProcess;

constexpr int stock = 1'000;
constexpr int attempts = 5'000;
constexpr int distinct_keys = 2'500;  // about two attempts a key, and more wishes than books
constexpr int buyers = 64;
constexpr int kills = 8;
constexpr milliseconds kill_interval{1'000};
constexpr milliseconds patience{60'000};

struct Answer {
  unsigned status = 0;
  std::string body;
  friend bool operator==(const Answer&, const Answer&) = default;
};

struct Rush {
  StoreProcess& store;
  Loop& loop;
  http::Client client;
  http::Endpoint frontend;
  std::string book_id = {};
  std::vector<std::string> keys = {};
  std::map<std::string, std::vector<Answer>> answers = {};
  std::mt19937 random;
  int next_attempt = 0;
  int kills_done = 0;
  int buyers_left = buyers;
  Timer progress;  ///< cancelled whenever a kill lets further attempts start

  Rush(StoreProcess& s, Loop& l, unsigned seed)
      : store(s), loop(l), client(l, {}), frontend(s.frontend()), random(seed), progress(l.get_executor()) {
    progress.expires_at(SteadyTime::max());
    for (int i = 0; i < distinct_keys; ++i) keys.push_back(random_hex(12));
  }

  /// Attempts are spread over the kills, so that a burst follows each of them.
  [[nodiscard]] bool may_start() const {
    return kills_done == kills || next_attempt * kills < attempts * (kills_done + 1);
  }
};

Task<> add_book(Rush& rush) {
  const auto response =
      co_await rush.client.send(rush.frontend,
                                {.method = http::Method::post,
                                 .target = "/books",
                                 .headers = {{"Authorization", "Bearer " + rush.store.shopkeeper_token()}},
                                 .body = R"({"title":"The Hot Book","topic":"new","price":9.99,"quantity":)" +
                                         std::to_string(stock) + "}"},
                                std::chrono::steady_clock::now() + patience);
  EXPECT_EQ(response.status, 201U) << response.body;
  rush.book_id = std::to_string(boost::json::parse(response.body).at("id").to_number<std::int64_t>());
}

Task<> buy_until_done(Rush& rush) {
  while (rush.next_attempt < attempts) {
    if (!rush.may_start()) {
      boost::system::error_code cancelled;
      co_await rush.progress.async_wait(asio::redirect_error(use_task, cancelled));
      continue;
    }
    ++rush.next_attempt;
    const std::string key = rush.keys[rush.random() % rush.keys.size()];
    const auto response = co_await harness::send_with_retries(rush.loop, rush.client, rush.frontend,
                                                              {.method = http::Method::post,
                                                               .target = "/purchase/" + rush.book_id,
                                                               .headers = {{"Idempotency-Key", key}},
                                                               .body = R"({"name":"buyer )" + key + "\"}"},
                                                              patience);
    rush.answers[key].push_back({response.status, response.body});
  }
  --rush.buyers_left;
  rush.progress.cancel();
}

Task<> kill_servers(Rush& rush) {
  Timer timer(rush.loop.get_executor());
  while (rush.kills_done < kills) {
    timer.expires_after(kill_interval);
    co_await timer.async_wait(use_task);
    for (const char* role : {"catalog", "orders"}) {
      const auto members = rush.store.members(role);
      kill(members[rush.random() % members.size()].pid, SIGKILL);
    }
    ++rush.kills_done;
    rush.progress.cancel();
  }
}

Task<std::set<std::string>> all_orders(Rush& rush) {
  std::set<std::string> ids;
  std::string after;
  const http::Endpoint orders = rush.store.members("orders").at(0).endpoint;
  do {
    const auto page = co_await harness::send_with_retries(
        rush.loop, rush.client, orders,
        {.target = "/orders?all=1&limit=1000" + (after.empty() ? "" : "&after=" + after)}, patience);
    EXPECT_EQ(page.status, 200U) << page.body;
    const auto document = boost::json::parse(page.body);
    for (const auto& order : document.at("orders").as_array()) {
      EXPECT_TRUE(ids.insert(std::string(order.at("order_id").as_string())).second)
          << "an order is listed twice";
    }
    after = document.at("next").is_null() ? "" : std::string(document.at("next").as_string());
  } while (!after.empty());
  co_return ids;
}

Task<> rush_for_one_book(Loop& loop, StoreProcess& store, unsigned seed) {
  Rush rush(store, loop, seed);
  co_await add_book(rush);
  std::exception_ptr failure;
  for (int i = 0; i < buyers; ++i) {
    asio::co_spawn(loop.get_executor(), buy_until_done(rush), [&](std::exception_ptr error) {
      if (error) {
        failure = error;
        --rush.buyers_left;
        rush.progress.cancel();
      }
    });
  }
  co_await kill_servers(rush);
  while (rush.buyers_left > 0) {
    boost::system::error_code cancelled;
    co_await rush.progress.async_wait(asio::redirect_error(use_task, cancelled));
  }
  if (failure) std::rethrow_exception(failure);

  std::set<std::string> sold;
  for (const auto& [key, answers] : rush.answers) {
    for (const auto& answer : answers) {
      EXPECT_TRUE(answer.status == 200 || answer.status == 403) << answer.status << ' ' << answer.body;
      EXPECT_EQ(answer, answers.front()) << "key " << key << " was answered in two ways";
    }
    if (answers.front().status == 200) {
      EXPECT_TRUE(
          sold.insert(std::string(boost::json::parse(answers.front().body).at("order_id").as_string()))
              .second)
          << "two keys have one order";
    }
  }
  EXPECT_EQ(sold.size(), static_cast<std::size_t>(stock));
  EXPECT_EQ(co_await all_orders(rush), sold);
  const auto info = co_await harness::send_with_retries(loop, rush.client, rush.frontend,
                                                        {.target = "/info/" + rush.book_id}, patience);
  EXPECT_EQ(boost::json::parse(info.body).at("quantity").to_number<int>(), 0) << info.body;
}

TEST(HotBook, is_sold_exactly_out_while_catalogs_and_order_services_are_killed) {
  const unsigned seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  const TemporaryFolder data;
  StoreProcess store(data.path());
  harness::run([&](Loop& loop) { return rush_for_one_book(loop, store, seed); });
  EXPECT_EQ(store.terminate(), 0);
}

}  // namespace
}  // namespace bazar
