#include "audit/explanation.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace bazar::audit::detail {
namespace {

constexpr std::size_t max_listed = 4;

double seconds(SteadyTime at, SteadyTime zero) { return std::chrono::duration<double>(at - zero).count(); }

std::string copies(std::int64_t count) { return fmt::format("{} cop{}", count, count == 1 ? "y" : "ies"); }

std::string state_text(const BookState& state) {
  return fmt::format("{} in stock at {}", state.quantity, to_string(state.price));
}

std::string what(const Operation& operation) {
  const bool done = operation.outcome == Outcome::done;
  const std::string_view fate = operation.outcome == Outcome::refused   ? " was refused"
                                : operation.outcome == Outcome::unknown ? " with unknown outcome"
                                                                        : "";
  switch (operation.kind) {
    case OperationKind::read:
      return done ? "saw " + state_text(operation.seen) : "asked without an answer";
    case OperationKind::set_price:
      return fmt::format("set the price to {}{}", to_string(operation.seen.price), fate);
    case OperationKind::add_stock:
      return fmt::format("changed the stock by {:+}{}", operation.count, fate);
    case OperationKind::buy:
      return done ? fmt::format("bought {} at {}", copies(operation.count), to_string(operation.seen.price))
                  : fmt::format("wanted {}{}", copies(operation.count), fate);
  }
  return {};
}

bool was_answered(const Operation& operation) { return operation.outcome != Outcome::unknown; }

using Evidence = const Operation*;

/// The same version, shown with another price or stock.
Evidence contradiction(std::span<const Operation> history, const Operation& read) {
  const auto found = std::ranges::find_if(history, [&](const Operation& other) {
    return other.kind == OperationKind::read && was_answered(other) && other.version == read.version &&
           other.seen != read.seen && other.answered <= read.answered;
  });
  return found == history.end() ? nullptr : &*found;
}

/// Who was first told of a later version, before this operation began.
Evidence newer_before(std::span<const Operation> history, const Operation& stale) {
  Evidence first = nullptr;
  for (const Operation& other : history) {
    const bool newer = was_answered(other) && other.version > stale.version;
    if (newer && other.answered < stale.invoked && (!first || other.answered < first->answered))
      first = &other;
  }
  return first;
}

/// Whether it was the first price, or anybody had asked for it before the answer came.
bool price_was_set(std::span<const Operation> history, const BookState& initial, const Operation& seen) {
  return seen.seen.price == initial.price || std::ranges::any_of(history, [&](const Operation& other) {
           return other.kind == OperationKind::set_price && other.outcome != Outcome::refused &&
                  other.seen.price == seen.seen.price && other.invoked <= seen.answered;
         });
}

bool is_possible_price(const Configurations& possible, Money price) {
  return std::ranges::any_of(possible, [&](const Configuration& each) { return each.price == price; });
}

std::string reason(std::span<const Operation> history, const BookState& initial, const Operation& failed,
                   const Configurations& possible, SteadyTime zero) {
  const bool is_read = failed.kind == OperationKind::read;
  if (is_read && failed.version) {
    if (const auto* other = contradiction(history, failed))
      return "the same version was shown with another content: " + describe(*other, zero);
  }
  if (failed.version) {
    if (const auto* newer = newer_before(history, failed)) {
      return fmt::format("{}, {:.3f} s after a later one was known: {}", is_read ? "stale" : "out of order",
                         seconds(failed.invoked, newer->answered), describe(*newer, zero));
    }
  }
  const bool sees_price = failed.outcome == Outcome::done && (is_read || failed.kind == OperationKind::buy);
  if (sees_price && !is_possible_price(possible, failed.seen.price)) {
    return price_was_set(history, initial, failed)
               ? "that was not the price at any instant between question and answer"
               : "nobody had asked for that price by then";
  }
  if (failed.outcome == Outcome::refused) return "there was enough in stock all the time";
  return "no order of the operations so far gives that answer";
}

std::string possible_states(const Configurations& possible) {
  std::set<std::pair<Money, std::int64_t>> states;
  for (const Configuration& each : possible) states.emplace(each.price, each.quantity);
  std::vector<std::string> texts;
  for (const auto& [price, quantity] : states) {
    if (texts.size() == max_listed) {
      texts.push_back(fmt::format("{} more", states.size() - max_listed));
      break;
    }
    texts.push_back(state_text({price, quantity}));
  }
  return fmt::format("{}", fmt::join(texts, " or "));
}

}  // namespace

std::string describe(const Operation& operation, SteadyTime zero) {
  std::string text = fmt::format("client {} {}", operation.client, what(operation));
  if (operation.version) text += fmt::format(", version {}", *operation.version);
  if (!was_answered(operation))
    return text + fmt::format(" (from {:.3f} s)", seconds(operation.invoked, zero));
  return text + fmt::format(" ({:.3f} to {:.3f} s)", seconds(operation.invoked, zero),
                            seconds(operation.answered, zero));
}

std::string explain(std::span<const Operation> history, const BookState& initial, OperationIndex operation,
                    const Configurations& possible, std::span<const OperationIndex> under_way) {
  const Operation& failed = history[operation];
  const SteadyTime zero = std::ranges::min(history, {}, &Operation::invoked).invoked;
  std::string text = fmt::format("{}: {}. Up to then there could be {}", describe(failed, zero),
                                 reason(history, initial, failed, possible, zero), possible_states(possible));
  std::vector<std::string> others;
  for (const OperationIndex each : under_way) {
    if (each == operation || !is_write(history[each])) continue;
    if (others.size() == max_listed) {
      others.emplace_back("others");
      break;
    }
    others.push_back(describe(history[each], zero));
  }
  if (!others.empty()) text += fmt::format("; under way: {}", fmt::join(others, "; "));
  return text + ".";
}

}  // namespace bazar::audit::detail
