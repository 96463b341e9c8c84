#include "cli/store_access.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/temporary_folder.hpp"
#include "cli/failure.hpp"
#include "cli/shop/shop.hpp"

namespace bazar::cli {
namespace {

http::ClientResponse answer(unsigned status, std::string type, std::string body) {
  return {.status = status, .headers = {{"Content-Type", std::move(type)}}, .body = std::move(body)};
}

TEST(Refusal, is_told_in_one_line_of_words) {
  EXPECT_EQ(refusal_text(
                answer(403, "application/problem+json",
                       R"({"type":"/problems/out-of-stock","title":"Out of stock","detail":"Sold out."})")),
            "Out of stock: Sold out.");
  EXPECT_EQ(refusal_text(answer(400, "application/problem+json",
                                R"({"title":"Not valid","field":"price","detail":"is missing"})")),
            "Not valid: price is missing");
  EXPECT_EQ(
      refusal_text(answer(503, "text/plain; charset=utf-8", "Not now\nNo replica.\nTry again in 1 s.\n")),
      "Not now: No replica. Try again in 1 s.");
  EXPECT_EQ(refusal_text(answer(500, "text/html", "<h1>")), "the store answered with status 500");
  EXPECT_EQ(refusal_text(answer(502, "text/plain", "")), "the store answered with status 502");
}

TEST(Refusal, cannot_drive_the_terminal) {
  EXPECT_EQ(refusal_text(answer(404, "text/plain", "No\x1b[2J book")), "No?[2J book");
}

TEST(Printable, keeps_text_and_line_breaks_and_nothing_else) {
  EXPECT_EQ(printable("Gdańsk\n\"書\" 😀"), "Gdańsk\n\"書\" 😀");
  EXPECT_EQ(printable("a\x1b]0;x\x07"
                      "b\rc\td\x7f"),
            "a?]0;x?b?c?d?");
  EXPECT_EQ(printable("C1 \xC2\x9B"
                      "31m"),
            "C1 ?31m");
  EXPECT_EQ(printable("\xFF\xC3(\xE2\x82"),
            "?"
            "?(?"
            "?");
}

TEST(RetryDelay, doubles_up_to_a_bound) {
  EXPECT_EQ(retry_delay(0, {}), milliseconds{100});
  EXPECT_EQ(retry_delay(1, {}), milliseconds{200});
  EXPECT_EQ(retry_delay(30, {}), milliseconds{2'000});
}

TEST(RetryDelay, is_no_less_than_the_store_asks_for) {
  http::ClientResponse response{.status = 503, .headers = {{"Retry-After", "3"}}, .body = {}};
  EXPECT_EQ(retry_delay(0, response), milliseconds{3'000});
  response.headers[0].value = "0";
  EXPECT_EQ(retry_delay(0, response), milliseconds{100});
  response.headers[0].value = "Fri, 31 Dec 1999 23:59:59 GMT";
  EXPECT_EQ(retry_delay(2, response), milliseconds{400});
}

TEST(Cursor, of_the_next_page_is_shown_as_a_flag) {
  EXPECT_EQ(with_cursor_flag("Books\n\nmore: /search?q=a&limit=2&after=17\n"), "Books\n\nmore: --after 17\n");
  EXPECT_EQ(with_cursor_flag("Books\n\nmore: /search?q=a&after=x%20y\n"), "Books\n\nmore: --after x y\n");
  EXPECT_EQ(with_cursor_flag("Books\n 1  more: a title\n"), "Books\n 1  more: a title\n");
}

TEST(ShopkeeperToken, comes_from_the_named_file_or_the_stores_folder) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "shopkeeper.token") << std::string(64, 'a') << '\n';
  std::ofstream(folder.path() / "other") << std::string(64, 'b') << '\n';
  StoreFlags flags;
  flags.data = folder.path().string();
  EXPECT_EQ(shopkeeper_token(flags), std::string(64, 'a'));
  flags.token_file = (folder.path() / "other").string();
  EXPECT_EQ(shopkeeper_token(flags), std::string(64, 'b'));
  flags = {.url = {}, .token_file = {}, .data = (folder.path() / "nowhere").string()};
  EXPECT_THROW(static_cast<void>(shopkeeper_token(flags)), UsageError);
}

}  // namespace
}  // namespace bazar::cli
