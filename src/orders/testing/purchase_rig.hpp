#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "balancer/upstream.hpp"
#include "catalog/client.hpp"
#include "http/client.hpp"
#include "orders/purchaser.hpp"
#include "orders/testing/fake_catalog.hpp"
#include "orders/testing/memory_store.hpp"

namespace bazar::orders::testing {

/// What a coroutine came to, once it has.
template <class T>
struct Pending {
  std::optional<T> value;
  std::exception_ptr error;
  [[nodiscard]] bool done() const { return value || error; }

  template <class Error>
  [[nodiscard]] bool threw() const {
    if (!error) return false;
    try {
      std::rethrow_exception(error);
    } catch (const Error&) {
      return true;
    } catch (...) {
      return false;
    }
  }
};

/// An order service's inside on the test's own thread, with a fake catalog on another.
class PurchaseRig {
 public:
  explicit PurchaseRig(PurchaserOptions options = {}) {
    catalog.stock({1}, 85);
    catalog.stock({2}, 60);
    catalog.stock({3}, 8);
    upstream.set_replicas({{.name = "catalog-1", .url = catalog.url()}});
    purchaser = std::make_unique<Purchaser>(loop, client(), store, clock, metrics, options);
  }

  [[nodiscard]] catalog::Client client() { return catalog::Client(upstream); }
  [[nodiscard]] SteadyTime soon(milliseconds patience = milliseconds{20'000}) const {
    return clock.now() + patience;
  }

  template <class T>
  std::shared_ptr<Pending<T>> start(Task<T> task) {
    auto pending = std::make_shared<Pending<T>>();
    asio::co_spawn(loop, std::move(task), [pending](std::exception_ptr error, T value) {
      pending->error = std::move(error);
      if (!pending->error) pending->value = std::move(value);
    });
    return pending;
  }

  /// Runs the loop until `condition` holds; false where it does not within a time that only a fault needs.
  template <class Condition>
  bool run_until(Condition condition) {
    const SteadyTime give_up = clock.now() + std::chrono::seconds(30);
    while (!condition()) {
      if (clock.now() > give_up) return false;
      loop.restart();
      loop.run_one_for(milliseconds{1});
    }
    return true;
  }

  template <class T>
  T await(Task<T> task) {
    auto pending = start(std::move(task));
    if (!run_until([&] { return pending->done(); }))
      throw std::runtime_error("the test's coroutine did not end");
    if (pending->error) std::rethrow_exception(pending->error);
    return *std::move(pending->value);
  }

  PurchaseOutcome buy(std::string key, BookId book = {2}, std::int64_t quantity = 1) {
    return await(purchaser->purchase(wish(std::move(key), book, quantity), soon()));
  }
  auto start_buying(std::string key, milliseconds patience = milliseconds{20'000}) {
    return start(purchaser->purchase(wish(std::move(key)), soon(patience)));
  }

  static PurchaseRequest wish(std::string key, BookId book = {2}, std::int64_t quantity = 1) {
    return {.key = std::move(key), .name = "Hiba", .lines = {{.book_id = book, .quantity = quantity}}};
  }
  static std::vector<PurchaseRequest> wishes(const std::vector<std::string>& keys) {
    std::vector<PurchaseRequest> requests;
    for (const auto& key : keys) requests.push_back(wish(key));
    return requests;
  }

  SystemClock clock;
  observe::Metrics metrics;
  FakeCatalog catalog;
  Loop loop{1};
  MemoryStore store;
  http::Client http{loop, {}};
  balancer::Upstream upstream{loop, http, {.service = "catalog"}, metrics, clock};
  std::unique_ptr<Purchaser> purchaser;
};

}  // namespace bazar::orders::testing
