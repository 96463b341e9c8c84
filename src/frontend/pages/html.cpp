#include "frontend/pages/html.hpp"

#include <kainjow/mustache.hpp>

#include "base/assert.hpp"
#include "frontend/pages/embedded.hpp"

namespace bazar::frontend {
namespace {

using Data = kainjow::mustache::data;
using DataList = kainjow::mustache::list;
using Template = kainjow::mustache::mustache;

Template parse(std::string_view text) {
  Template parsed{std::string(text)};
  BAZAR_ASSERT(parsed.is_valid(), "the templates are compiled in and well formed");
  return parsed;
}

/// A value that is shown where it has text; `{{#name}}` in a template asks for it.
void set_optional(Data& data, const std::string& name, const std::string& text) {
  data.set(name, text.empty() ? Data(Data::type::bool_false) : Data(text));
}

std::string book_link(BookId id) { return "/info/" + std::to_string(id.value); }

Data title_row(const catalog::BookTitle& book) {
  Data row;
  row.set("link", book_link(book.id));
  row.set("title", book.title);
  return row;
}

std::string stock_text(std::int64_t quantity) {
  return quantity > 0 ? std::to_string(quantity) + " in stock" : "sold out";
}

Data book_row(const catalog::Book& book) {
  Data row = title_row({book.id, book.title});
  set_optional(row, "authors", authors_text(book));
  row.set("price", price_text(book.price, book.currency));
  row.set("stock", stock_text(book.quantity));
  return row;
}

Data order_data(const orders::Order& order) {
  Data lines{DataList()};
  for (const auto& line : order.lines) {
    Data row = title_row({line.book_id, line.title});
    row.set("quantity", std::to_string(line.quantity));
    row.set("price", price_text(line.price, order.currency));
    lines << row;
  }
  Data data;
  data.set("order_id", to_string(order.order_id));
  data.set("name", order.name);
  data.set("ordered_at", to_rfc3339(order.ordered_at));
  data.set("total", price_text(order.total, order.currency));
  data.set("lines", lines);
  return data;
}

}  // namespace

struct HtmlPages::Templates {
  Template layout = parse(embedded::templates_layout_mustache);
  Template home = parse(embedded::templates_home_mustache);
  Template books = parse(embedded::templates_books_mustache);
  Template book = parse(embedded::templates_book_mustache);
  Template order = parse(embedded::templates_order_mustache);
  Template orders = parse(embedded::templates_orders_mustache);
  Template problem = parse(embedded::templates_problem_mustache);

  /// What stands around a page's own part.
  struct Frame {
    std::string title;
    std::string query = {};
    std::string notice = {};
  };

  /// The page's part inside the frame that all pages share. `{{{content}}}` is the one unescaped value: it is
  /// HTML already.
  std::string page(Template& part, const Data& data, const Frame& frame) {
    Data around;
    around.set("title", frame.title);
    around.set("query", frame.query);
    set_optional(around, "notice", frame.notice);
    around.set("content", part.render(data));
    return layout.render(around);
  }
};

HtmlPages::HtmlPages() : templates_(std::make_unique<Templates>()) {}
HtmlPages::~HtmlPages() = default;

std::string HtmlPages::home(const std::vector<catalog::Topic>& topics, const std::string& notice) const {
  Data rows{DataList()};
  for (const auto& topic : topics) {
    Data row;
    row.set("link", topic_link(topic.topic));
    row.set("topic", topic.topic);
    row.set("books", std::to_string(topic.books));
    rows << row;
  }
  Data data;
  data.set("topics", rows);
  return templates_->page(templates_->home, data, {.title = "Bazar", .notice = notice});
}

std::string HtmlPages::topic(const std::string& topic, const std::vector<catalog::BookTitle>& books,
                             const std::string& next_link, const std::string& notice) const {
  Data rows{DataList()};
  for (const auto& book : books) rows << title_row(book);
  Data data;
  data.set("heading", topic);
  data.set("books", rows);
  set_optional(data, "next_link", next_link);
  return templates_->page(templates_->books, data, {.title = topic, .notice = notice});
}

std::string HtmlPages::books(const BookList& list, const std::string& notice) const {
  Data rows{DataList()};
  for (const auto& book : list.books) rows << book_row(book);
  Data data;
  data.set("heading", list.heading);
  data.set("books", rows);
  set_optional(data, "total", list.total ? std::to_string(*list.total) : "");
  set_optional(data, "next_link", list.next_link);
  return templates_->page(templates_->books, data,
                          {.title = list.heading, .query = list.query, .notice = notice});
}

std::string HtmlPages::book(const catalog::Book& book, const std::string& notice) const {
  Data data = book_row(book);
  data.set("id", std::to_string(book.id.value));
  data.set("topic", book.topic);
  data.set("topic_link", topic_link(book.topic));
  data.set("can_buy", Data(book.quantity > 0 ? Data::type::bool_true : Data::type::bool_false));
  data.set("most", std::to_string(std::min(book.quantity, catalog::max_line_quantity)));
  set_optional(data, "year", book.year ? std::to_string(*book.year) : "");
  set_optional(data, "language", book.language.value_or(""));
  set_optional(data, "isbn", book.isbn.value_or(""));
  set_optional(data, "description", book.description.value_or(""));
  return templates_->page(templates_->book, data, {.title = book.title, .notice = notice});
}

std::string HtmlPages::order(const orders::Order& order) const {
  return templates_->page(templates_->order, order_data(order), {.title = "Your order"});
}

std::string HtmlPages::orders(const OrderList& list) const {
  Data rows{DataList()};
  for (const auto& order : list.orders) rows << order_data(order);
  Data data;
  data.set("name", list.name);
  data.set("orders", rows);
  set_optional(data, "next_link", list.next_link);
  return templates_->page(templates_->orders, data, {.title = "Orders of " + list.name});
}

std::string HtmlPages::problem(const http::Problem& problem, const std::string& notice) const {
  Data data;
  data.set("title", problem.title);
  data.set("detail", problem.detail);
  data.set("status", std::to_string(problem.status));
  set_optional(data, "retry_after", problem.retry_after ? std::to_string(problem.retry_after->count()) : "");
  return templates_->page(templates_->problem, data, {.title = problem.title, .notice = notice});
}

}  // namespace bazar::frontend
