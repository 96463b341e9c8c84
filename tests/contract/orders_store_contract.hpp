#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "orders/store.hpp"

namespace bazar::orders {

/// A database that stores are opened on, as the services of one machine would. Removed with the last of it.
class StoreFixture {
 public:
  virtual ~StoreFixture() = default;
  /// Another store on the same database.
  [[nodiscard]] virtual std::unique_ptr<Store> open() = 0;
};

/// What every order store owes, whichever engine is behind it. An engine's program instantiates it with a
/// factory of fixtures.
class OrderStoreContract : public testing::TestWithParam<std::function<std::unique_ptr<StoreFixture>()>> {
 protected:
  std::unique_ptr<StoreFixture> fixture_ = GetParam()();
  std::unique_ptr<Store> store_ = fixture_->open();
};

}  // namespace bazar::orders
