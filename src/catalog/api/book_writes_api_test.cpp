#include "catalog/testing/service_fixture.hpp"

namespace bazar::catalog {
namespace {

using BookWritesApi = RunningCatalog;

constexpr auto least_book = R"({"title":"T","topic":"t","price":1.50,"quantity":3})";

/// `least_book` with members of its own.
std::string book_with(std::string_view member, std::string_view value) {
  std::string body = "{";
  for (const auto& [name, otherwise] : std::map<std::string_view, std::string_view>{
           {"title", "\"T\""}, {"topic", "\"t\""}, {"price", "1.50"}, {"quantity", "3"}}) {
    if (name != member) body += '"' + std::string(name) + "\":" + std::string(otherwise) + ',';
  }
  return body + '"' + std::string(member) + "\":" + std::string(value) + '}';
}

/// Members with values that are malformed in a written book, whatever the method.
std::vector<std::pair<std::string, std::string>> malformed_members() {
  const auto quoted = [](std::size_t size) { return '"' + std::string(size, 'x') + '"'; };
  return {
      {"title", "5"},
      {"title", "null"},
      {"title", "\"\""},
      {"title", quoted(513)},
      {"title", R"("a\u0007b")"},
      {"topic", "[]"},
      {"topic", "\"\""},
      {"topic", quoted(513)},
      {"price", "\"1.50\""},
      {"price", "1.505"},
      {"price", "null"},
      {"price", "true"},
      {"quantity", "1.5"},
      {"quantity", "\"3\""},
      {"quantity", "null"},
      {"id", "0"},
      {"id", "\"7\""},
      {"id", "9007199254740992"},
      {"currency", "\"EUR\""},
      {"currency", "5"},
      {"authors", "\"A\""},
      {"authors", "[1]"},
      {"isbn", "\"9780306406158\""},
      {"isbn", "9780306406157"},
      {"year", "\"1999\""},
      {"language", "\"not a tag\""},
      {"description", "5"},
      {"colour", "\"red\""},
      {"version", "\"1\""},
  };
}

std::vector<std::string> malformed_bodies() {
  return {"",
          "{",
          "[]",
          "5",
          "null",
          "\"text\"",
          "{}",
          "{\"title\":\"T\"}",
          std::string(least_book) + "x",
          "{'a':1}",
          "\xff",
          "{\"title\":\"\xff\"}",
          std::string(2'000, '['),
          R"({"title":"T","title":"U","topic":"t","price":1,"quantity":3})"};
}

TEST_F(BookWritesApi, a_new_book_is_created_under_the_next_id_and_found_again) {
  const auto response =
      post("/books", R"({"title":"New \"book\"","topic":"t","price":1.5,"quantity":3,"authors":["A","B"],)"
                     R"("isbn":"9780306406157","year":-44,"language":"la","description":"d"})");
  ASSERT_EQ(response.status, 201U) << response.body;
  EXPECT_EQ(response.header("Location"), "/books/8");
  EXPECT_EQ(get("/books/8").body, response.body);
  EXPECT_EQ(json_of(response).at("currency"), "USD");
}

TEST_F(BookWritesApi, a_new_book_may_bring_its_id_unless_that_is_taken) {
  EXPECT_EQ(post("/books", book_with("id", "1000")).header("Location"), "/books/1000");
  EXPECT_EQ(refusal(post("/books", book_with("id", "1000"))), "409 id-taken");
  EXPECT_EQ(post("/books", book_with("isbn", "\"9780306406157\"")).status, 201U);
  EXPECT_EQ(refusal(post("/books", book_with("isbn", "\"9780306406157\""))), "409 isbn-taken");
}

TEST_F(BookWritesApi, the_same_key_creates_one_book_however_the_body_is_spelled) {
  const auto first = post("/books", least_book, {{"Idempotency-Key", "k1"}});
  ASSERT_EQ(first.status, 201U);
  EXPECT_FALSE(first.header("Idempotent-Replayed"));
  const auto again = post("/books", R"( {"quantity": 3, "topic":"\u0074", "price":1.5, "title":"T"} )",
                          {{"Idempotency-Key", "\"k1\""}});
  EXPECT_EQ(again.status, 201U);
  EXPECT_EQ(again.header("Idempotent-Replayed"), "true");
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.header("Location"), first.header("Location"));
  EXPECT_EQ(refusal(post("/books", book_with("price", "2"), {{"Idempotency-Key", "k1"}})), "422 key-reused");
}

TEST_F(BookWritesApi, a_malformed_post_is_400_and_adds_nothing) {
  const auto before = get("/books?limit=1000").body;
  for (const auto& [member, value] : malformed_members()) {
    const auto response = post("/books", book_with(member, value));
    EXPECT_EQ(refusal(response).substr(0, 19), "400 invalid-request")
        << member << ' ' << value << ' ' << response.body;
    EXPECT_NE(refusal(response).find(member), std::string::npos) << response.body;
  }
  for (const auto* amount : {"-1", "10000000000.01", "1e30"})
    EXPECT_EQ(refusal(post("/books", book_with("price", amount))), "400 invalid-request price") << amount;
  for (const auto* amount : {"-1", "1000000001", "99999999999999999999"}) {
    EXPECT_EQ(refusal(post("/books", book_with("quantity", amount))), "400 invalid-request quantity")
        << amount;
  }
  EXPECT_EQ(refusal(post("/books", book_with("version", "1"))), "400 invalid-request version");
  for (const auto& body : malformed_bodies())
    EXPECT_EQ(post("/books", body).status, 400U) << body.substr(0, 80);
  for (const auto* key : {"", "two words", "\"open", "\"\""}) {
    EXPECT_EQ(refusal(post("/books", least_book, {{"Idempotency-Key", key}})),
              "400 invalid-request Idempotency-Key")
        << key;
  }
  EXPECT_EQ(get("/books?limit=1000").body, before);
}

TEST_F(BookWritesApi, the_media_type_and_size_of_a_body_are_checked) {
  EXPECT_EQ(post("/books", least_book, {{"Content-Type", "text/plain"}}).status, 415U);
  EXPECT_EQ(post("/books", least_book, {{"Content-Type", "application/json; charset=utf-8"}}).status, 201U);
  EXPECT_EQ(put("/books/2", least_book, {{"Content-Type", "application/merge-patch+json"}}).status, 415U);
  EXPECT_EQ(post("/books", std::string((1 << 20) + 1, ' ')).status, 413U);
}

TEST_F(BookWritesApi, put_replaces_the_whole_book) {
  const auto before = json_of(get("/books/2")).at("version").as_int64();
  const auto response = put("/books/2", book_with("year", "1999"));
  EXPECT_EQ(response.status, 204U) << response.body;
  EXPECT_TRUE(response.body.empty());
  const auto after = json_of(get("/books/2"));
  EXPECT_EQ(after.at("title"), "T");
  EXPECT_EQ(after.at("year"), 1999);
  EXPECT_GT(after.at("version").as_int64(), before);
  EXPECT_EQ(put("/books/2", least_book).status, 204U);
  EXPECT_FALSE(json_of(get("/books/2")).contains("year")) << "what the new book does not have is gone";
}

TEST_F(BookWritesApi, a_book_as_it_was_shown_can_be_put_back) {
  EXPECT_EQ(put("/books/2", book()).status, 204U);
}

TEST_F(BookWritesApi, a_precondition_holds_a_write_to_the_version_that_was_seen) {
  const auto etag = std::string(get("/books/2").header("ETag").value());
  EXPECT_EQ(patch("/books/2", R"({"quantity":5})", {{"If-Match", etag}}).status, 204U);
  EXPECT_EQ(refusal(patch("/books/2", R"({"quantity":6})", {{"If-Match", etag}})), "412 version-moved");
  EXPECT_EQ(refusal(put("/books/2", least_book, {{"If-Match", etag}})), "412 version-moved");
  EXPECT_EQ(refusal(del("/books/2", {{"If-Match", etag}})), "412 version-moved");
  EXPECT_EQ(json_of(get("/books/2")).at("quantity"), 5);
  EXPECT_EQ(put("/books/2", least_book, {{"If-Match", "*"}}).status, 204U);
  const std::string present(get("/books/2").header("ETag").value());
  EXPECT_EQ(del("/books/2", {{"If-Match", present}}).status, 204U);
}

TEST_F(BookWritesApi, a_version_in_the_body_must_match_too) {
  EXPECT_EQ(refusal(put("/books/2", book_with("version", "0"))), "412 version-moved");
  EXPECT_EQ(refusal(patch("/books/2", R"({"version":0,"quantity":1})")), "412 version-moved");
  EXPECT_EQ(refusal(put("/books/2", book_with("version", "5"), {{"If-Match", "\"6\""}})),
            "400 invalid-request version");
}

TEST_F(BookWritesApi, a_malformed_precondition_is_400) {
  for (const auto* tag : {"5", "\"\"", "\"x\"", "W/\"5\"", "\"5", "\"5\", \"6\"", "\"-5\"", "\"5 \"", ""}) {
    EXPECT_EQ(refusal(put("/books/2", least_book, {{"If-Match", tag}})), "400 invalid-request If-Match")
        << tag;
    EXPECT_EQ(refusal(patch("/books/2", "{}", {{"If-Match", tag}})), "400 invalid-request If-Match") << tag;
    EXPECT_EQ(refusal(del("/books/2", {{"If-Match", tag}})), "400 invalid-request If-Match") << tag;
  }
}

TEST_F(BookWritesApi, put_and_patch_refuse_amounts_out_of_bounds_with_403) {
  const auto before = book();
  for (const auto* amount : {"-1", "1000000001", "99999999999999999999"}) {
    EXPECT_EQ(refusal(put("/books/2", book_with("quantity", amount))), "403 invalid-quantity quantity")
        << amount;
    EXPECT_EQ(refusal(patch("/books/2", std::string(R"({"quantity":)") + amount + '}')),
              "403 invalid-quantity quantity")
        << amount;
  }
  for (const auto* amount : {"-1", "-0.01", "10000000000.01", "1e30"}) {
    EXPECT_EQ(refusal(put("/books/2", book_with("price", amount))), "403 invalid-value price") << amount;
    EXPECT_EQ(refusal(patch("/books/2", std::string(R"({"price":)") + amount + '}')),
              "403 invalid-value price")
        << amount;
  }
  EXPECT_EQ(refusal(put("/books/2", book_with("year", "10000"))), "403 invalid-value year");
  EXPECT_EQ(refusal(patch("/books/2", R"({"year":-10000})")), "403 invalid-value year");
  EXPECT_EQ(book(), before);
}

TEST_F(BookWritesApi, a_malformed_put_or_patch_is_400_and_changes_nothing) {
  const auto before = book();
  for (const auto& [member, value] : malformed_members()) {
    if (member == "isbn" && value == "null") continue;
    EXPECT_EQ(put("/books/2", book_with(member, value)).status, 400U) << member << ' ' << value;
    EXPECT_EQ(patch("/books/2", '{' + ('"' + member) + "\":" + value + '}').status, 400U)
        << member << ' ' << value;
  }
  for (const auto& body : malformed_bodies()) {
    EXPECT_EQ(put("/books/2", body).status, 400U) << body.substr(0, 80);
    if (body != "{}" && body != "{\"title\":\"T\"}")
      EXPECT_EQ(patch("/books/2", body).status, 400U) << body.substr(0, 80);
  }
  EXPECT_EQ(refusal(put("/books/2", book_with("id", "3"))), "400 invalid-request id");
  EXPECT_EQ(refusal(patch("/books/2", R"({"id":3})")), "400 invalid-request id");
  EXPECT_EQ(book(), before);
}

TEST_F(BookWritesApi, patch_changes_what_it_names_and_removes_what_is_null) {
  EXPECT_EQ(patch("/books/2", R"({"price":19.99,"year":2001,"authors":["A"]})",
                  {{"Content-Type", "application/merge-patch+json"}})
                .status,
            204U);
  EXPECT_EQ(patch("/books/2", R"({"year":null})").status, 204U);
  const auto after = json_of(get("/books/2"));
  EXPECT_EQ(after.at("title"), "RPCs for Noobs");
  EXPECT_EQ(after.at("price"), 19.99);
  EXPECT_TRUE(after.contains("authors"));
  EXPECT_FALSE(after.contains("year"));
}

TEST_F(BookWritesApi, writes_to_a_book_that_is_not_there_are_404) {
  EXPECT_EQ(refusal(put("/books/999", least_book)), "404 unknown-book");
  EXPECT_EQ(refusal(patch("/books/999", R"({"quantity":1})")), "404 unknown-book");
  EXPECT_EQ(refusal(del("/books/999")), "404 unknown-book");
  EXPECT_EQ(refusal(post("/books/999/stock", R"({"delta":1})", {{"Idempotency-Key", "k"}})),
            "404 unknown-book");
  for (const auto* id : {"0", "x", "-2"}) {
    const auto target = std::string("/books/") + id;
    EXPECT_EQ(refusal(put(target, least_book)), "400 invalid-request id");
    EXPECT_EQ(refusal(patch(target, "{}")), "400 invalid-request id");
    EXPECT_EQ(refusal(del(target)), "400 invalid-request id");
    EXPECT_EQ(refusal(post(target + "/stock", R"({"delta":1})", {{"Idempotency-Key", "k"}})),
              "400 invalid-request id");
  }
}

TEST_F(BookWritesApi, a_deleted_book_is_gone) {
  EXPECT_EQ(del("/books/2").status, 204U);
  EXPECT_EQ(get("/books/2").status, 404U);
  EXPECT_EQ(del("/books/2").status, 404U);
}

TEST_F(BookWritesApi, an_arrival_adds_to_the_stock_once) {
  const std::vector<http::Header> key{{"Idempotency-Key", "arrival-1"}};
  const auto first = post("/books/2/stock", R"({"delta":5})", key);
  ASSERT_EQ(first.status, 200U) << first.body;
  EXPECT_EQ(json_of(first).at("quantity"), 65);
  const auto again = post("/books/2/stock", R"({ "delta" : 5 })", key);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.header("Idempotent-Replayed"), "true");
  EXPECT_EQ(refusal(post("/books/2/stock", R"({"delta":6})", key)), "422 key-reused");
  EXPECT_EQ(refusal(post("/books/3/stock", R"({"delta":5})", key)), "422 key-reused")
      << "the key was for another book";
  EXPECT_EQ(json_of(get("/books/2")).at("quantity"), 65);
}

TEST_F(BookWritesApi, the_stock_stays_within_its_bounds) {
  const auto below = post("/books/2/stock", R"({"delta":-61})", {{"Idempotency-Key", "a"}});
  EXPECT_EQ(refusal(below), "403 invalid-quantity");
  EXPECT_EQ(json_of(below).at("available"), 60);
  EXPECT_EQ(refusal(post("/books/2/stock", R"({"delta":1000000000})", {{"Idempotency-Key", "b"}})),
            "403 invalid-quantity");
  EXPECT_EQ(post("/books/2/stock", R"({"delta":-60})", {{"Idempotency-Key", "c"}}).status, 200U);
}

TEST_F(BookWritesApi, a_malformed_arrival_is_400) {
  EXPECT_EQ(refusal(post("/books/2/stock", R"({"delta":5})")), "400 invalid-request Idempotency-Key");
  for (const auto* body :
       {R"({"delta":"5"})", R"({"delta":1.5})", R"({"delta":null})", "{}", "[]", "", R"({"delta":5,"x":1})",
        R"({"delta":1000000001})", R"({"delta":-1000000001})", R"({"delta":99999999999999999999})"}) {
    EXPECT_EQ(post("/books/2/stock", body, {{"Idempotency-Key", "k"}}).status, 400U) << body;
  }
  EXPECT_EQ(json_of(get("/books/2")).at("quantity"), 60);
}

TEST_F(BookWritesApi, a_batch_reports_each_row_and_bad_ones_spoil_no_other) {
  const auto row = [](std::string key, const std::string& draft) {
    return R"({"key":")" + key + R"(","book":)" + draft + '}';
  };
  const std::string items = R"({"items":[)" + row("a", least_book) + ',' + row("b", book_with("id", "2")) +
                            ',' + row("c", book_with("quantity", "-1")) + ',' + row("two words", least_book) +
                            ',' + row("d", book_with("version", "77")) + "]}";
  const auto first = post("/books/batch", items);
  ASSERT_EQ(first.status, 200U) << first.body;
  EXPECT_EQ(first.body,
            R"({"results":[{"result":"created"},{"result":"id_taken"},)"
            R"({"result":"invalid","field":"book.quantity","detail":"must be from 0 to 1000000000"},)"
            R"({"result":"invalid","field":"key","detail":"must be 1 to 255 visible ASCII characters"},)"
            R"({"result":"created"}]})");
  const auto results = json_of(post("/books/batch", items)).at("results");
  EXPECT_EQ(results.at(0).at("result"), "present");
  EXPECT_EQ(results.at(4).at("result"), "present");
  EXPECT_EQ(json_of(get("/books?topic=t")).at("books").as_array().size(), 2U);
}

TEST_F(BookWritesApi, a_batch_is_bounded_and_strict) {
  std::string items = R"({"items":[)";
  for (int i = 0; i < 1001; ++i)
    items += (i ? "," : "") + (R"({"key":"k)" + std::to_string(i)) + R"(","book":)" + least_book + '}';
  EXPECT_EQ(refusal(post("/books/batch", items + "]}")), "400 invalid-request items");
  EXPECT_EQ(post("/books/batch", R"({"items":[]})").body, R"({"results":[]})");
  for (const auto* body : {"", "[]", "{}", R"({"items":{}})", R"({"items":[{"key":"k"}]})",
                           R"({"items":[{"key":5,"book":{}}]})"}) {
    EXPECT_EQ(post("/books/batch", body).status, 400U) << body;
  }
  EXPECT_EQ(post("/books/batch", std::string((8 << 20) + 1, ' ')).status, 413U);
  EXPECT_EQ(get("/books?topic=t").status, 404U);
}

}  // namespace
}  // namespace bazar::catalog
