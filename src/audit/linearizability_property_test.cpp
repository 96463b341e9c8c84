#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "audit/linearizability.hpp"
#include "audit/testing/operations.hpp"

namespace bazar::audit {
namespace {

using testing::at_ms;

constexpr BookState initially{.price = Money{100}, .quantity = 3};
constexpr Revision first_version = 10;

/// Tries every order of every subset that may have happened, with every version that a write may have had.
/// Shares nothing with the search.
class BruteForce {
 public:
  explicit BruteForce(std::span<const Operation> history) : history_(history), used_(history.size()) {
    for (const Operation& each : history) {
      if (!each.version) continue;
      earliest_ = std::min(earliest_, *each.version - 1);
      beyond_ = std::max(beyond_, *each.version + 1);
    }
  }

  [[nodiscard]] bool explains() {
    for (Revision version = earliest_; version <= beyond_; ++version) {
      if (extend({.state = initially, .version = version, .seen = true})) return true;
    }
    return false;
  }

 private:
  struct Book {
    BookState state;
    Revision version = 0;
    bool seen = false;  ///< a read has seen this version: it is complete
  };

  [[nodiscard]] bool extend(Book book) {
    bool complete = true;
    for (std::size_t i = 0; i < history_.size(); ++i) {
      if (!used_[i] && history_[i].outcome != Outcome::unknown) complete = false;
    }
    if (complete) return true;
    for (std::size_t i = 0; i < history_.size(); ++i) {
      if (used_[i] || comes_too_early(i)) continue;
      used_[i] = true;
      if (happens(history_[i], book)) return true;
      used_[i] = false;
    }
    return false;
  }

  [[nodiscard]] bool comes_too_early(std::size_t operation) const {
    for (std::size_t i = 0; i < history_.size(); ++i) {
      if (!used_[i] && history_[i].answered < history_[operation].invoked) return true;
    }
    return false;
  }

  [[nodiscard]] bool happens(const Operation& operation, Book book) {
    if (operation.kind == OperationKind::read) {
      if (operation.outcome == Outcome::unknown) return extend(book);
      if (operation.seen != book.state || operation.version.value_or(book.version) != book.version)
        return false;
      book.seen = true;
      return extend(book);
    }
    if (operation.outcome == Outcome::refused) {
      const std::int64_t change = operation.kind == OperationKind::buy ? -operation.count : operation.count;
      return book.state.quantity + change < 0 && extend(book);
    }
    const Revision earliest = std::min(beyond_, book.version + (book.seen ? 1 : 0));
    if (operation.kind == OperationKind::set_price) book.state.price = operation.seen.price;
    if (operation.kind == OperationKind::add_stock) book.state.quantity += operation.count;
    if (operation.kind == OperationKind::buy) {
      if (operation.outcome == Outcome::done && operation.seen.price != book.state.price) return false;
      book.state.quantity -= operation.count;
    }
    if (book.state.quantity < 0) return false;
    book.seen = false;
    for (Revision version = earliest; version <= beyond_; ++version) {
      if (operation.version && *operation.version != version) continue;
      book.version = version;
      if (extend(book)) return true;
    }
    return false;
  }

  std::span<const Operation> history_;
  std::vector<bool> used_;
  Revision earliest_ = first_version;
  Revision beyond_ = first_version;  ///< stands for all versions later than those that are known
};

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  /// Answers of a book that keeps the rules, at instants within the operations; sometimes one of them is then
  /// changed. So both verdicts come often, and violations are near misses.
  std::vector<Operation> history() {
    const auto size = static_cast<std::size_t>(pick(1, 6));
    const bool versions = pick(0, 2) > 0;
    std::vector<std::pair<int, Operation>> at;
    for (std::size_t i = 0; i < size; ++i) at.push_back(question());
    std::ranges::sort(at, {}, &std::pair<int, Operation>::first);
    answer(at, versions);
    std::vector<Operation> history;
    for (auto& [instant, operation] : at) history.push_back(operation);
    for (int i = pick(0, 3); i > 0; --i)
      spoil(history[static_cast<std::size_t>(pick(0, static_cast<int>(size) - 1))]);
    std::ranges::shuffle(history, random_);
    return history;
  }

 private:
  int pick(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random_); }

  std::pair<int, Operation> question() {
    const int instant = pick(0, 30);
    Operation asked;
    asked.invoked = at_ms(instant - pick(0, 10));
    asked.answered = at_ms(instant + pick(0, 10));
    asked.kind =
        std::array{
            OperationKind::read, OperationKind::read,      OperationKind::buy,
            OperationKind::buy,  OperationKind::set_price, OperationKind::add_stock}[static_cast<std::size_t>(
            pick(0, 5))];
    if (asked.kind == OperationKind::buy) asked.count = pick(1, 2);
    if (asked.kind == OperationKind::add_stock) asked.count = pick(0, 1) ? 1 : -2;
    if (asked.kind == OperationKind::set_price) asked.seen.price = Money{100 * pick(1, 2)};
    return {instant, asked};
  }

  void answer(std::vector<std::pair<int, Operation>>& at, bool versions) {
    BookState book = initially;
    Revision version = first_version;
    bool seen = true;
    for (auto& [instant, operation] : at) {
      operation.outcome = Outcome::done;
      const bool write = operation.kind != OperationKind::read;
      const std::int64_t change = operation.kind == OperationKind::buy ? -operation.count : operation.count;
      if (write && book.quantity + change < 0) {
        operation.outcome = Outcome::refused;
        continue;
      }
      if (write && pick(0, 9) == 0) {  // no answer
        testing_unknown(operation);
        if (pick(0, 1) == 0) continue;
      }
      if (write) {
        if (seen || pick(0, 1) == 0) ++version;
        seen = false;
        book.quantity += change;
        if (operation.kind == OperationKind::set_price) {
          book.price = operation.seen.price;
        } else {
          operation.seen = book;
        }
      } else {
        operation.seen = book;
        seen = true;
      }
      const bool versioned = operation.kind != OperationKind::buy || pick(0, 3) == 0;
      if (versions && versioned && operation.outcome == Outcome::done) operation.version = version;
    }
  }

  static void testing_unknown(Operation& operation) {
    operation.outcome = Outcome::unknown;
    operation.answered = SteadyTime::max();
  }

  void spoil(Operation& operation) {
    if (operation.outcome == Outcome::unknown) return;
    switch (pick(0, 4)) {
      case 0:
        operation.seen.quantity += pick(0, 1) ? 1 : -1;
        break;
      case 1:
        operation.seen.price = Money{300 - operation.seen.price.minor};
        break;
      case 2:
        if (operation.version) *operation.version += pick(0, 1) ? 1 : -1;
        break;
      case 3:
        if (operation.kind == OperationKind::buy || operation.kind == OperationKind::add_stock) {
          operation.outcome = operation.outcome == Outcome::done ? Outcome::refused : Outcome::done;
          operation.version.reset();
        }
        break;
      default: {
        const auto length = operation.answered - operation.invoked;
        operation.invoked += milliseconds(pick(-10, 10));
        operation.answered = operation.invoked + length;
      }
    }
  }

  std::mt19937 random_;
};

std::string text_of(std::span<const Operation> history) {
  std::string text;
  for (const Operation& each : history) {
    text +=
        "kind " + std::to_string(static_cast<int>(each.kind)) + " outcome " +
        std::to_string(static_cast<int>(each.outcome)) + " from " +
        std::to_string((each.invoked - at_ms(0)) / milliseconds(1)) + " to " +
        (each.outcome == Outcome::unknown ? "-"
                                          : std::to_string((each.answered - at_ms(0)) / milliseconds(1))) +
        " count " + std::to_string(each.count) + " seen " + std::to_string(each.seen.price.minor) + "/" +
        std::to_string(each.seen.quantity) + " version " +
        (each.version ? std::to_string(*each.version) : "-") + "\n";
  }
  return text;
}

TEST(LinearizabilityProperty, agrees_with_trying_every_order_on_small_histories) {
  constexpr unsigned histories = 4'000;
  int explained = 0;
  for (unsigned seed = 0; seed < histories; ++seed) {
    const auto history = Generator(seed).history();
    const bool expected = BruteForce(history).explains();
    const auto result = check_linearizability(history, initially);
    ASSERT_FALSE(result.undecided);
    ASSERT_EQ(result.linearizable(), expected)
        << "seed " << seed << "\n"
        << text_of(history) << (result.violation ? result.violation->explanation : "");
    explained += expected ? 1 : 0;
  }
  EXPECT_GT(explained, static_cast<int>(histories / 4));
  EXPECT_LT(explained, static_cast<int>(histories * 3 / 4));
}

}  // namespace
}  // namespace bazar::audit
