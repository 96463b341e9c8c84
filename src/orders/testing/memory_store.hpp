#pragma once

#include <algorithm>
#include <map>
#include <ranges>
#include <utility>
#include <vector>

#include "base/errors.hpp"
#include "base/oneshot.hpp"
#include "orders/store.hpp"

namespace bazar::orders::testing {

/// An order store in memory, on one loop, whose inserts can be held up or made to fail.
class MemoryStore final : public Store {
 public:
  std::map<OrderId, Order> orders;
  bool fails = false;
  bool full = false;        ///< inserts find no room
  std::size_t inserts = 0;  ///< calls that succeeded

  void hold() { holds_ = true; }
  void release() {
    holds_ = false;
    for (auto& waiting : std::exchange(held_, {})) waiting.set_value(true);
  }
  [[nodiscard]] std::size_t held() const { return held_.size(); }

  Task<void> insert(std::vector<Order> batch) override {
    if (holds_) {
      auto wait = [this](Completion<bool> done) { held_.push_back(std::move(done)); };
      co_await suspend_until_complete<bool>(std::move(wait));
    }
    if (fails) throw Unavailable("the disk is full");
    if (full) throw Overloaded("too many writes are waiting");
    for (auto& order : batch) orders.try_emplace(order.order_id, order);
    ++inserts;
  }

  Task<std::optional<Order>> find(OrderId id) override {
    if (fails) throw Unavailable("the disk is full");
    const auto found = orders.find(id);
    co_return found == orders.end() ? std::nullopt : std::optional(found->second);
  }

  Task<Page<Order>> list(std::string name, std::optional<OrderId> after, std::size_t limit) override {
    std::vector<Order> matching;
    for (const auto& [id, order] : orders) {
      if (name.empty() || order.name == name) matching.push_back(order);
    }
    if (!name.empty()) std::ranges::reverse(matching);
    Page<Order> page;
    for (auto& order : matching) {
      if (after && (name.empty() ? order.order_id <= *after : order.order_id >= *after)) continue;
      if (page.items.size() == limit) {
        page.next = to_string(page.items.back().order_id);
        break;
      }
      page.items.push_back(std::move(order));
    }
    co_return page;
  }

  Task<void> check() override { co_return; }

 private:
  bool holds_ = false;
  std::vector<Completion<bool>> held_;
};

}  // namespace bazar::orders::testing
