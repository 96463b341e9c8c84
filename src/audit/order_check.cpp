#include "audit/order_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace bazar::audit {
namespace {

using PurchaseOf = std::map<OrderId, const PurchaseRecord*>;

orders::Order order_of(const orders::Receipt& receipt) {
  orders::Order order;
  order.order_id = receipt.order_id;
  order.name = receipt.name;
  order.currency = receipt.currency;
  order.lines = {{receipt.book_id, receipt.title, receipt.quantity, receipt.price}};
  order.total = orders::total_of(order.lines);
  order.ordered_at = receipt.ordered_at;
  return order;
}

bool is_receipt_of(const orders::Receipt& receipt, const orders::Order& order) {
  return order_of(receipt) == order;
}

std::string purchase_text(const PurchaseRecord& purchase) {
  return fmt::format("order {} (key {}, {} of book {})", to_string(purchase.receipt.order_id), purchase.key,
                     purchase.copies, purchase.book.value);
}

/// Acknowledged purchases by order. Two of them with one order is one order too few.
PurchaseOf acknowledged(const Record& record, Verdict& verdict) {
  PurchaseOf by_order;
  for (const PurchaseRecord& purchase : record.purchases) {
    if (purchase.outcome != Outcome::done) continue;
    const auto [place, inserted] = by_order.emplace(purchase.receipt.order_id, &purchase);
    if (inserted) continue;
    verdict.broken.push_back(
        {Promise::orders_of_sales,
         fmt::format("{} was given to key {} as well", purchase_text(*place->second), purchase.key)});
  }
  return by_order;
}

/// Whether a purchase of unknown outcome may have made that order.
bool may_be_of_unknown(const Record& record, const orders::Order& order) {
  return std::ranges::any_of(record.purchases, [&](const PurchaseRecord& purchase) {
    return purchase.outcome == Outcome::unknown && purchase.name == order.name && order.lines.size() == 1 &&
           order.lines[0].book_id == purchase.book && order.lines[0].quantity == purchase.copies;
  });
}

void check_list(const Record& record, const OrderList& list, PurchaseOf wanted, Verdict& verdict) {
  if (!list.orders) {
    verdict.undecided.push_back(
        {Promise::orders_of_sales, fmt::format("{} did not list the orders", list.frontend)});
    return;
  }
  for (const orders::Order& order : *list.orders) {
    const auto found = wanted.find(order.order_id);
    if (found == wanted.end()) {
      if (may_be_of_unknown(record, order)) continue;
      verdict.broken.push_back(
          {Promise::sales_of_orders,
           fmt::format("{} lists order {} of {}, which nobody was told of (or lists it twice)", list.frontend,
                       to_string(order.order_id), order.name)});
      continue;
    }
    if (!is_receipt_of(found->second->receipt, order)) {
      verdict.broken.push_back(
          {Promise::orders_of_sales, fmt::format("{} lists {} with another content than was acknowledged",
                                                 list.frontend, purchase_text(*found->second))});
    }
    wanted.erase(found);
  }
  for (const auto& [id, purchase] : wanted) {
    verdict.broken.push_back(
        {Promise::orders_of_sales, fmt::format("{} was acknowledged, but {} does not list it",
                                               purchase_text(*purchase), list.frontend)});
  }
}

void check_lookup(const Record& record, const OrderLookup& lookup, Verdict& verdict) {
  const PurchaseRecord& purchase = record.purchases.at(lookup.purchase);
  if (!lookup.answered) {
    verdict.undecided.push_back(
        {Promise::orders_of_sales,
         fmt::format("{} did not answer for {}", lookup.frontend, purchase_text(purchase))});
  } else if (!lookup.order) {
    verdict.broken.push_back(
        {Promise::orders_of_sales, fmt::format("{} was acknowledged, but {} does not know it",
                                               purchase_text(purchase), lookup.frontend)});
  } else if (!is_receipt_of(purchase.receipt, *lookup.order)) {
    verdict.broken.push_back(
        {Promise::orders_of_sales, fmt::format("{} shows {} with another content than was acknowledged",
                                               lookup.frontend, purchase_text(purchase))});
  }
}

}  // namespace

void check_orders(const Record& record, const Aftermath& aftermath, Verdict& verdict) {
  const PurchaseOf wanted = acknowledged(record, verdict);
  for (const OrderList& list : aftermath.lists) check_list(record, list, wanted, verdict);
  for (const OrderLookup& lookup : aftermath.lookups) check_lookup(record, lookup, verdict);
}

}  // namespace bazar::audit
