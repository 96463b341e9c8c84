#pragma once

#include <optional>
#include <string>
#include <vector>

#include "audit/linearizability.hpp"
#include "audit/record.hpp"
#include "orders/order.hpp"

namespace bazar::audit {

/// The orders of this workload's customers, as one front-end lists them.
struct OrderList {
  std::string frontend;
  std::optional<std::vector<orders::Order>> orders;  ///< empty: it did not answer
};

/// `GET /orders/{id}` of a purchase that was acknowledged.
struct OrderLookup {
  std::size_t purchase = 0;  ///< in Record::purchases
  std::string frontend;
  bool answered = false;
  std::optional<orders::Order> order;
};

/// What was found after the workload had ended.
struct Aftermath {
  std::vector<OrderList> lists;
  std::vector<OrderLookup> lookups;
  /// By Record::books. Empty: nobody answered.
  std::vector<std::optional<BookState>> books;
};

/// The promises, each checked by itself.
enum class Promise : std::uint8_t {
  fresh_answers,      ///< lookups and purchases of a book are linearizable
  conserved_stock,    ///< at first + arrived − sold = now
  orders_of_sales,    ///< every acknowledged purchase has one order, everywhere, with its content
  sales_of_orders,    ///< and there are no others
  unchanged_replays,  ///< a key has one answer
  proper_answers,     ///< no answer that the contract does not have
};
inline constexpr std::array promises{Promise::fresh_answers,     Promise::conserved_stock,
                                     Promise::orders_of_sales,   Promise::sales_of_orders,
                                     Promise::unchanged_replays, Promise::proper_answers};
[[nodiscard]] std::string_view to_string(Promise promise);  ///< `fresh_answers`
[[nodiscard]] std::string_view in_words(Promise promise);

struct Finding {
  Promise promise = Promise::fresh_answers;
  std::string text;
};

struct Verdict {
  std::vector<Finding> broken;
  std::vector<Finding> undecided;
  [[nodiscard]] bool all_held() const { return broken.empty() && undecided.empty(); }
};

/// What the facts say about the promises. Pure; takes seconds on long histories.
[[nodiscard]] Verdict judge(const Record& record, const Aftermath& aftermath,
                            const LinearizabilityOptions& options = {});

}  // namespace bazar::audit
