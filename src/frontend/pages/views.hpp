#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/book.hpp"
#include "orders/order.hpp"

namespace bazar::frontend {

/// A page of whole books, as a person sees it.
struct BookList {
  std::string heading;
  std::string query;  ///< the words looked for; empty for all books
  std::vector<catalog::Book> books;
  std::string next_link;  ///< empty on the last page
  std::optional<std::int64_t> total;
};

/// A page of one customer's orders.
struct OrderList {
  std::string name;
  std::vector<orders::Order> orders;
  std::string next_link;  ///< empty on the last page
};

/// `22.35 USD`
[[nodiscard]] std::string price_text(Money amount, std::string_view currency_code);

/// `/search/distributed%20systems`
[[nodiscard]] std::string topic_link(std::string_view topic);

/// `A, B and C`; empty where nobody is named.
[[nodiscard]] std::string authors_text(const catalog::Book& book);

}  // namespace bazar::frontend
