#include "frontend/pages/plain_text.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace bazar::frontend::plain_text {
namespace {

/// One line of it at most, without terminal sequences.
std::string clean(std::string_view text) {
  if (is_utf8(text) && !has_control_characters(text)) return std::string(text);
  std::string cleaned;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    cleaned += byte < 0x20 || byte >= 0x7F ? '?' : c;
  }
  return cleaned;
}

template <class Rows, class Value>
std::size_t widest(const Rows& rows, std::size_t least, Value value) {
  for (const auto& row : rows) least = std::max(least, value(row).size());
  return least;
}

std::string id_text(BookId id) { return std::to_string(id.value); }

void append_field(std::string& out, std::string_view name, std::string_view value) {
  if (!value.empty()) out += fmt::format("  {:<9} {}\n", name, clean(value));
}

std::string in_stock(std::int64_t quantity) { return quantity > 0 ? std::to_string(quantity) : "sold out"; }

}  // namespace

std::string with_notice(const std::string& notice, std::string lines) {
  return notice.empty() ? std::move(lines) : notice + "\n\n" + std::move(lines);
}

std::string topics(const std::vector<catalog::Topic>& topics) {
  if (topics.empty()) return "The shelves are empty.\n";
  const auto count = [](const catalog::Topic& topic) { return std::to_string(topic.books); };
  const std::size_t width = widest(topics, 5, count);
  std::string out = fmt::format("{:>{}}  topic\n", "books", width);
  for (const auto& topic : topics)
    out += fmt::format("{:>{}}  {}\n", count(topic), width, clean(topic.topic));
  return out;
}

std::string home(const std::vector<catalog::Topic>& all) {
  return "Welcome to Bazar.\n\n" + topics(all) +
         "\n"
         "  GET  /search/{topic}   books of a topic\n"
         "  GET  /search?q=words   books by words\n"
         "  GET  /info/{id}        one book: price and stock\n"
         "  POST /purchase/{id}    buy it: {\"name\": \"your name\"}\n"
         "  GET  /orders?name=…    your orders\n";
}

std::string topic(const std::string& topic, const std::vector<catalog::BookTitle>& books,
                  const std::string& next_link) {
  const std::size_t width = widest(books, 2, [](const auto& book) { return id_text(book.id); });
  std::string out = fmt::format("Books about {}\n\n{:>{}}  title\n", clean(topic), "id", width);
  for (const auto& book : books)
    out += fmt::format("{:>{}}  {}\n", id_text(book.id), width, clean(book.title));
  if (!next_link.empty()) out += fmt::format("\nmore: {}\n", next_link);
  return out;
}

std::string books(const BookList& list) {
  if (list.books.empty()) {
    return list.query.empty() ? "The shelves are empty.\n"
                              : fmt::format("No book found for \"{}\".\n", clean(list.query));
  }
  const auto price = [](const catalog::Book& book) { return price_text(book.price, book.currency); };
  const std::size_t ids = widest(list.books, 2, [](const auto& book) { return id_text(book.id); });
  const std::size_t prices = widest(list.books, 5, price);
  const std::size_t stocks = widest(list.books, 8, [](const auto& book) { return in_stock(book.quantity); });
  std::string out = list.total ? fmt::format("{}: {}\n\n", list.heading, *list.total) : list.heading + "\n\n";
  out += fmt::format("{:>{}}  {:>{}}  {:>{}}  title\n", "id", ids, "price", prices, "in stock", stocks);
  for (const auto& book : list.books) {
    out += fmt::format("{:>{}}  {:>{}}  {:>{}}  {}\n", id_text(book.id), ids, price(book), prices,
                       in_stock(book.quantity), stocks, clean(book.title));
  }
  if (!list.next_link.empty()) out += fmt::format("\nmore: {}\n", list.next_link);
  return out;
}

std::string book(const catalog::Book& book) {
  std::string out = clean(book.title) + '\n';
  append_field(out, "id", id_text(book.id));
  append_field(out, "by", authors_text(book));
  append_field(out, "topic", book.topic);
  append_field(out, "price", price_text(book.price, book.currency));
  append_field(out, "in stock", in_stock(book.quantity));
  if (book.year) append_field(out, "year", std::to_string(*book.year));
  append_field(out, "language", book.language.value_or(""));
  append_field(out, "isbn", book.isbn.value_or(""));
  if (book.description) out += '\n' + clean(*book.description) + '\n';
  return out;
}

std::string order(const orders::Order& order) {
  std::string out = fmt::format("Order {}\n", to_string(order.order_id));
  append_field(out, "name", order.name);
  append_field(out, "ordered", to_rfc3339(order.ordered_at));
  append_field(out, "total", price_text(order.total, order.currency));
  out += '\n';
  const auto price = [&](const catalog::SoldLine& line) { return price_text(line.price, order.currency); };
  const std::size_t prices = widest(order.lines, 0, price);
  const std::size_t counts =
      widest(order.lines, 0, [](const auto& line) { return std::to_string(line.quantity); });
  for (const auto& line : order.lines) {
    out +=
        fmt::format("  {:>{}} x {:>{}}  {}\n", line.quantity, counts, price(line), prices, clean(line.title));
  }
  return out;
}

std::string receipt(const orders::Order& bought) {
  std::string out;
  for (const auto& line : bought.lines) out += "bought book " + clean(line.title) + '\n';
  return out + '\n' + order(bought);
}

std::string orders(const OrderList& list) {
  if (list.orders.empty()) return fmt::format("No orders for {}.\n", clean(list.name));
  std::string out = fmt::format("Orders of {}\n", clean(list.name));
  for (const auto& one : list.orders) out += '\n' + order(one);
  if (!list.next_link.empty()) out += fmt::format("\nmore: {}\n", list.next_link);
  return out;
}

std::string problem(const http::Problem& problem) {
  std::string out = clean(problem.title) + '\n';
  if (!problem.detail.empty()) out += clean(problem.detail) + '\n';
  if (problem.retry_after) out += fmt::format("Try again in {} s.\n", problem.retry_after->count());
  return out;
}

}  // namespace bazar::frontend::plain_text
