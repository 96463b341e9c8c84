#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/book.hpp"
#include "frontend/pages/views.hpp"
#include "http/problem.hpp"
#include "orders/order.hpp"

namespace bazar::frontend {

/// The store's pages. Templates (templates/, Mustache) are parsed once; every value in them is escaped. A
/// `notice`, where there is one, stands above the rest. One a loop.
class HtmlPages {
 public:
  HtmlPages();
  ~HtmlPages();

  [[nodiscard]] std::string home(const std::vector<catalog::Topic>& topics,
                                 const std::string& notice = {}) const;
  [[nodiscard]] std::string topic(const std::string& topic, const std::vector<catalog::BookTitle>& books,
                                  const std::string& next_link, const std::string& notice = {}) const;
  [[nodiscard]] std::string books(const BookList& list, const std::string& notice = {}) const;
  [[nodiscard]] std::string book(const catalog::Book& book, const std::string& notice = {}) const;
  [[nodiscard]] std::string order(const orders::Order& order) const;
  [[nodiscard]] std::string orders(const OrderList& list) const;
  [[nodiscard]] std::string problem(const http::Problem& problem, const std::string& notice = {}) const;

 private:
  struct Templates;
  std::unique_ptr<Templates> templates_;
};

}  // namespace bazar::frontend
