#include "audit/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "audit/order_check.hpp"

namespace bazar::audit {
namespace {

void check_freshness(const Record& record, const LinearizabilityOptions& options, Verdict& verdict) {
  for (const BookRecord& book : record.books) {
    const auto result = check_linearizability(book.history, book.initial, options);
    if (result.violation) {
      verdict.broken.push_back(
          {Promise::fresh_answers, fmt::format("book {}: {}", book.id.value, result.violation->explanation)});
    } else if (result.undecided) {
      verdict.undecided.push_back(
          {Promise::fresh_answers,
           fmt::format("book {}: too many orders of its {} operations are possible to follow them all",
                       book.id.value, book.history.size())});
    }
  }
}

/// How much of a book there must be.
struct Expected {
  std::int64_t least = 0;
  std::int64_t most = 0;
  std::int64_t arrived = 0;
  std::int64_t sold = 0;
};

Expected expected_stock(const BookRecord& book) {
  Expected expected{.least = book.initial.quantity, .most = book.initial.quantity};
  for (const Operation& operation : book.history) {
    const bool buys = operation.kind == OperationKind::buy;
    if (operation.outcome == Outcome::refused || (!buys && operation.kind != OperationKind::add_stock))
      continue;
    const std::int64_t change = buys ? -operation.count : operation.count;
    const bool sure = operation.outcome == Outcome::done;
    if (sure || change < 0) expected.least += change;
    if (sure || change > 0) expected.most += change;
    if (sure) (buys ? expected.sold : expected.arrived) += operation.count;
  }
  return expected;
}

void check_conservation(const Record& record, const Aftermath& aftermath, Verdict& verdict) {
  for (std::size_t i = 0; i < record.books.size(); ++i) {
    const BookRecord& book = record.books[i];
    const auto& now = aftermath.books.at(i);
    if (!now) {
      verdict.undecided.push_back(
          {Promise::conserved_stock, fmt::format("book {}: nobody said how many are left", book.id.value)});
      continue;
    }
    const Expected expected = expected_stock(book);
    const std::string sum =
        fmt::format("book {}: {} at first {:+} arrived - {} sold, and now {}", book.id.value,
                    book.initial.quantity, expected.arrived, expected.sold, now->quantity);
    if (now->quantity < expected.least || now->quantity > expected.most) {
      verdict.broken.push_back({Promise::conserved_stock, sum});
    } else if (expected.least != expected.most) {
      verdict.undecided.push_back(
          {Promise::conserved_stock, sum + "; of some requests it is not known whether they happened"});
    }
  }
}

void check_replays(const Record& record, Verdict& verdict) {
  for (const ChangedAnswer& changed : record.changed) {
    verdict.broken.push_back(
        {Promise::unchanged_replays, fmt::format("key {} was first answered with {} and later with {}",
                                                 changed.key, changed.first, changed.later)});
  }
}

void check_answers(const Record& record, Verdict& verdict) {
  for (const std::string& strange : record.strange)
    verdict.broken.push_back({Promise::proper_answers, strange});
}

}  // namespace

std::string_view to_string(Promise promise) {
  switch (promise) {
    case Promise::fresh_answers:
      return "fresh_answers";
    case Promise::conserved_stock:
      return "conserved_stock";
    case Promise::orders_of_sales:
      return "orders_of_sales";
    case Promise::sales_of_orders:
      return "sales_of_orders";
    case Promise::unchanged_replays:
      return "unchanged_replays";
    case Promise::proper_answers:
      return "proper_answers";
  }
  return {};
}

std::string_view in_words(Promise promise) {
  switch (promise) {
    case Promise::fresh_answers:
      return "no stale price or stock (linearizable per book)";
    case Promise::conserved_stock:
      return "stock at first + arrived - sold = stock now";
    case Promise::orders_of_sales:
      return "every acknowledged purchase has its order";
    case Promise::sales_of_orders:
      return "every order has its purchase, once";
    case Promise::unchanged_replays:
      return "a repeated key gets the first answer";
    case Promise::proper_answers:
      return "no answer outside of the contract";
  }
  return {};
}

Verdict judge(const Record& record, const Aftermath& aftermath, const LinearizabilityOptions& options) {
  Verdict verdict;
  check_freshness(record, options, verdict);
  check_conservation(record, aftermath, verdict);
  check_orders(record, aftermath, verdict);
  check_replays(record, verdict);
  check_answers(record, verdict);
  return verdict;
}

}  // namespace bazar::audit
