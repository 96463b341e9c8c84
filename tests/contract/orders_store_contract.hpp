#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "orders/store.hpp"

namespace bazar::orders {

/// A database that stores are opened on, as the services of one machine would. Removed with the last of it.
class StoreFixture {
 public:
  virtual ~StoreFixture() = default;
  /// Another store on the same database.
  [[nodiscard]] virtual std::unique_ptr<Store> open() = 0;
};

/// An order whose id and time rise with its number.
[[nodiscard]] Order order_of(std::uint8_t number, std::string name);

/// Runs one call of a store on a loop of its own.
template <class T>
T await(Task<T> task) {
  Loop loop(1);
  std::exception_ptr failure;
  if constexpr (std::is_void_v<T>) {
    asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error) { failure = error; });
    loop.run();
    if (failure) std::rethrow_exception(failure);
  } else {
    std::optional<T> result;
    asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error, T value) {
      failure = error;
      result = std::move(value);
    });
    loop.run();
    if (failure) std::rethrow_exception(failure);
    return *std::move(result);
  }
}

/// What every order store owes, whichever engine is behind it. An engine's program instantiates it with a
/// factory of fixtures.
class OrderStoreContract : public testing::TestWithParam<std::function<std::unique_ptr<StoreFixture>()>> {
 protected:
  std::unique_ptr<StoreFixture> fixture_ = GetParam()();
  std::unique_ptr<Store> store_ = fixture_->open();
};

}  // namespace bazar::orders
