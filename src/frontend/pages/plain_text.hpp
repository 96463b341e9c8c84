#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/book.hpp"
#include "frontend/pages/views.hpp"
#include "http/problem.hpp"
#include "orders/order.hpp"

/// Friendly lines for a terminal. Every line ends with a newline; control characters that found their way
/// into a title are replaced, so that a book cannot drive somebody's terminal.
namespace bazar::frontend::plain_text {

/// The lines, and above them the notice where there is one.
[[nodiscard]] std::string with_notice(const std::string& notice, std::string lines);

[[nodiscard]] std::string home(const std::vector<catalog::Topic>& topics);
[[nodiscard]] std::string topics(const std::vector<catalog::Topic>& topics);
[[nodiscard]] std::string topic(const std::string& topic, const std::vector<catalog::BookTitle>& books,
                                const std::string& next_link);
[[nodiscard]] std::string books(const BookList& list);
[[nodiscard]] std::string book(const catalog::Book& book);
/// The answer to a purchase.
[[nodiscard]] std::string receipt(const orders::Order& order);
[[nodiscard]] std::string order(const orders::Order& order);
[[nodiscard]] std::string orders(const OrderList& list);
[[nodiscard]] std::string problem(const http::Problem& problem);

}  // namespace bazar::frontend::plain_text
