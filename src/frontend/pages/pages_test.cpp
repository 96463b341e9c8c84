#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "frontend/pages/html.hpp"
#include "frontend/pages/plain_text.hpp"

namespace bazar::frontend {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto hostile = R"(</title><script>alert("1")</script><img src=x onerror='x'> & {{title}})";

catalog::Book make_book(std::string title) {
  catalog::Book book;
  book.id = BookId{2};
  book.title = std::move(title);
  book.topic = "distributed systems";
  book.price = Money{2235};
  book.currency = "USD";
  book.quantity = 60;
  book.version = 17;
  return book;
}

catalog::Book hostile_book() {
  catalog::Book book = make_book(hostile);
  book.topic = hostile;
  book.authors = {hostile, hostile};
  book.language = hostile;
  book.description = hostile;
  return book;
}

orders::Order make_order(std::string title, std::string name) {
  orders::Order order;
  order.name = std::move(name);
  order.currency = "USD";
  order.lines = {{BookId{2}, std::move(title), 3, Money{2235}}};
  order.total = Money{6705};
  return order;
}

void expect_harmless(const std::string& page) {
  EXPECT_THAT(page, Not(HasSubstr("<script>")));
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, Not(HasSubstr("onerror='x'")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;"));
}

TEST(HtmlPages, escape_what_comes_from_outside) {
  const HtmlPages pages;
  const catalog::Book book = hostile_book();
  expect_harmless(pages.book(book));
  expect_harmless(pages.books(
      {.heading = "Books found", .query = hostile, .books = {book}, .next_link = {}, .total = 1}));
  expect_harmless(pages.topic(hostile, {{book.id, hostile}}, ""));
  expect_harmless(pages.home({{hostile, 1}}));
  expect_harmless(pages.order(make_order(hostile, hostile)));
  expect_harmless(pages.orders({.name = hostile, .orders = {make_order(hostile, hostile)}, .next_link = {}}));
  expect_harmless(pages.problem({.status = 400, .slug = "x", .title = hostile, .detail = hostile}));
}

TEST(HtmlPages, a_title_in_an_attribute_cannot_end_it) {
  const HtmlPages pages;
  const auto page = pages.books(
      {.heading = "Books", .query = "\" autofocus onfocus=\"x", .books = {}, .next_link = {}, .total = {}});
  EXPECT_THAT(page, HasSubstr("value=\"&quot; autofocus onfocus=&quot;x\""));
}

TEST(HtmlPages, a_topic_becomes_a_link_that_leads_to_it) {
  const HtmlPages pages;
  EXPECT_THAT(pages.home({{"R&D/a?b#c", 3}}), HasSubstr("href=\"/search/R%26D%2Fa%3Fb%23c\""));
}

TEST(HtmlPages, a_book_in_stock_can_be_bought_and_one_sold_out_cannot) {
  const HtmlPages pages;
  catalog::Book book = make_book("RPCs for Noobs");
  EXPECT_THAT(pages.book(book), HasSubstr("data-purchase=\"/purchase/2\""));
  EXPECT_THAT(pages.book(book), HasSubstr("22.35 USD"));
  book.quantity = 0;
  EXPECT_THAT(pages.book(book), Not(HasSubstr("data-purchase")));
  EXPECT_THAT(pages.book(book), HasSubstr("sold out"));
}

TEST(HtmlPages, nothing_in_line_that_the_content_security_policy_forbids) {
  const HtmlPages pages;
  const auto page = pages.book(make_book("RPCs for Noobs"));
  EXPECT_THAT(page, Not(HasSubstr("style=")));
  EXPECT_THAT(page, Not(HasSubstr("onclick")));
  EXPECT_THAT(page, Not(HasSubstr("<style")));
  EXPECT_THAT(page, HasSubstr("<script src=\"/assets/shop.js\" defer></script>"));
}

TEST(HtmlPages, a_notice_stands_once_above_the_rest_and_only_where_there_is_one) {
  const HtmlPages pages;
  const catalog::Book book = make_book("RPCs for Noobs");
  const BookList list{.heading = "All books", .query = {}, .books = {book}, .next_link = {}, .total = {}};
  const http::Problem problem{.status = 404, .slug = "not-found", .title = "Not found"};
  const auto all_pages = [&](const std::string& notice) {
    return std::vector{pages.home({{"systems", 1}}, notice),
                       pages.topic("systems", {{book.id, book.title}}, "", notice), pages.books(list, notice),
                       pages.book(book, notice), pages.problem(problem, notice)};
  };
  for (const std::string& page : all_pages("As of <17>")) {
    const auto notice = page.find("<p class=\"notice\" role=\"status\">As of &lt;17&gt;</p>");
    ASSERT_NE(notice, std::string::npos) << page;
    EXPECT_LT(notice, page.find("<h1>")) << page;
    EXPECT_EQ(page.find("As of", notice + 40), std::string::npos) << page;
  }
  for (const std::string& page : all_pages("")) EXPECT_THAT(page, Not(HasSubstr("class=\"notice\"")));
}

TEST(HtmlPages, lists_lead_to_their_next_page_only_where_there_is_one) {
  const HtmlPages pages;
  BookList list{.heading = "All books",
                .query = {},
                .books = {make_book("A")},
                .next_link = "/info?after=2",
                .total = {}};
  EXPECT_THAT(pages.books(list), HasSubstr("href=\"/info?after=2\""));
  list.next_link.clear();
  EXPECT_THAT(pages.books(list), Not(HasSubstr("rel=\"next\"")));
}

TEST(PlainText, a_book_is_told_in_lines) {
  catalog::Book book = make_book("RPCs for Noobs");
  book.authors = {"Ada", "Ben", "Cem"};
  EXPECT_EQ(plain_text::book(book),
            "RPCs for Noobs\n"
            "  id        2\n"
            "  by        Ada, Ben and Cem\n"
            "  topic     distributed systems\n"
            "  price     22.35 USD\n"
            "  in stock  60\n");
}

TEST(PlainText, columns_are_aligned_and_titles_come_last) {
  catalog::Book dear = make_book("Gold");
  dear.id = BookId{10'000};
  dear.price = Money{123'456};
  dear.quantity = 0;
  EXPECT_EQ(plain_text::books({.heading = "All books",
                               .query = {},
                               .books = {make_book("RPCs"), dear},
                               .next_link = {},
                               .total = {}}),
            "All books\n"
            "\n"
            "   id        price  in stock  title\n"
            "    2    22.35 USD        60  RPCs\n"
            "10000  1234.56 USD  sold out  Gold\n");
}

TEST(PlainText, a_currency_without_decimals_is_written_without) {
  catalog::Book book = make_book("Haiku");
  book.currency = "JPY";
  EXPECT_THAT(plain_text::book(book), HasSubstr("2235 JPY"));
}

TEST(PlainText, a_receipt_says_first_what_was_bought) {
  const auto text = plain_text::receipt(make_order("RPCs for Noobs", "Hiba"));
  EXPECT_TRUE(text.starts_with("bought book RPCs for Noobs\n")) << text;
  EXPECT_THAT(text, HasSubstr("  total     67.05 USD\n"));
  EXPECT_THAT(text, HasSubstr("  3 x 22.35 USD  RPCs for Noobs\n"));
}

TEST(PlainText, a_title_cannot_drive_the_terminal) {
  const std::string title = "\x1b[2J\x1b]0;owned\x07 nice";
  for (const auto& text :
       {plain_text::book(make_book(title)), plain_text::topic(title, {{BookId{1}, title}}, ""),
        plain_text::home({{title, 1}}), plain_text::receipt(make_order(title, title)),
        plain_text::problem({.status = 400, .slug = "x", .title = title, .detail = title})}) {
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
    EXPECT_EQ(text.find('\x07'), std::string::npos) << text;
  }
}

TEST(PlainText, a_notice_stands_above_the_lines_and_only_where_there_is_one) {
  EXPECT_EQ(plain_text::with_notice("As of 17.", "line\n"), "As of 17.\n\nline\n");
  EXPECT_EQ(plain_text::with_notice("", "line\n"), "line\n");
}

TEST(PlainText, a_problem_says_when_to_come_back) {
  EXPECT_EQ(plain_text::problem({.status = 503,
                                 .slug = "unavailable",
                                 .title = "Closed",
                                 .detail = "Come back.",
                                 .retry_after = std::chrono::seconds(1)}),
            "Closed\nCome back.\nTry again in 1 s.\n");
}

}  // namespace
}  // namespace bazar::frontend
