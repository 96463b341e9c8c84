#pragma once

#include <optional>
#include <string>
#include <vector>

#include "audit/history.hpp"
#include "base/task.hpp"
#include "http/client.hpp"
#include "json/types.hpp"
#include "orders/order.hpp"

namespace bazar::audit {

/// What one try at a request came to.
struct Answer {
  enum class Meaning : std::uint8_t {
    done,
    refused,   ///< for want of stock
    none,      ///< no answer that says what happened: it may have, or may yet
    not_sent,  ///< and so did not happen
    strange,   ///< an answer that this request may not get
  };
  Meaning meaning = Meaning::none;
  std::string text = {};  ///< status and body; without an answer, why

  BookState seen = {};
  std::optional<Revision> version = {};
  orders::Receipt receipt = {};  ///< of a purchase that is done

  [[nodiscard]] bool is_definite() const {
    return meaning == Meaning::done || meaning == Meaning::refused || meaning == Meaning::strange;
  }
};

/// The public requests of a store, one try each, and what their answers mean. Outages are answers here: an
/// auditor lives among them. Used on one loop only.
class StoreCalls {
 public:
  StoreCalls(Loop& loop, std::string shopkeeper_token);

  Task<Answer> read(http::Endpoint frontend, BookId id, SteadyTime deadline);
  Task<Answer> buy(http::Endpoint frontend, BookId id, std::int64_t copies, std::string name, std::string key,
                   SteadyTime deadline);
  Task<Answer> set_price(http::Endpoint frontend, BookId id, Money price, SteadyTime deadline);
  Task<Answer> add_stock(http::Endpoint frontend, BookId id, std::int64_t delta, std::string key,
                         SteadyTime deadline);

  /// Every order of that customer. Empty where one of the pages cannot be had.
  Task<std::optional<std::vector<orders::Order>>> orders_of(http::Endpoint frontend, std::string name,
                                                            SteadyTime deadline);
  struct OrderLookup {
    bool answered = false;
    std::optional<orders::Order> order;
  };
  Task<OrderLookup> order(http::Endpoint frontend, OrderId id, SteadyTime deadline);

  /// Throws Unavailable where it cannot be done; `key` makes another try safe.
  Task<BookId> create_book(http::Endpoint frontend, std::string title, BookState state, std::string key,
                           SteadyTime deadline);
  Task<bool> remove_book(http::Endpoint frontend, BookId id, SteadyTime deadline);

 private:
  struct Sent {
    std::optional<http::ClientResponse> response;
    Answer trouble;
  };
  Task<Sent> send(http::Client& client, http::Endpoint frontend, http::ClientRequest request,
                  SteadyTime deadline);

  http::Client shopper_;
  http::Client shopkeeper_;
  json::Format format_;  ///< of the store's currency, as last seen
};

}  // namespace bazar::audit
