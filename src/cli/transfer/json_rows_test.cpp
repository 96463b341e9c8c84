#include "cli/transfer/json_rows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/failure.hpp"
#include "cli/transfer/row_source.hpp"

namespace bazar::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Split {
  std::vector<std::string> texts;
  std::vector<std::uint64_t> lines;
  std::string fault;
};

Split split(std::string_view text, std::size_t piece = std::string_view::npos) {
  JsonSplitter splitter;
  bool good = true;
  for (std::size_t at = 0; good && at < text.size(); at += std::min(piece, text.size()))
    good = splitter.feed(text.substr(at, piece));
  if (good) good = splitter.finish();
  EXPECT_EQ(good, splitter.fault().empty());
  Split parts;
  parts.fault = splitter.fault();
  while (auto next = splitter.pop()) {
    parts.texts.push_back(std::move(next->text));
    parts.lines.push_back(next->line);
  }
  return parts;
}

TEST(JsonSplitter, takes_one_object_a_line) {
  const auto parts = split("{\"title\":\"a\"}\n\n{\"title\":\"b\"}\r\n  \n{\"title\":\"c\"}");
  EXPECT_THAT(parts.texts, ElementsAre(R"({"title":"a"})", "{\"title\":\"b\"}\r", R"({"title":"c"})"));
  EXPECT_THAT(parts.lines, ElementsAre(1, 3, 5));
  EXPECT_EQ(parts.fault, "");
}

TEST(JsonSplitter, takes_the_elements_of_an_array_over_any_lines) {
  const auto parts = split("[\n {\"a\": [1, {}],\n  \"b\": \"]},\\\"\"} ,{}\n]\n");
  EXPECT_THAT(parts.texts, ElementsAre("{\"a\": [1, {}],\n  \"b\": \"]},\\\"\"}", "{}"));
  EXPECT_THAT(parts.lines, ElementsAre(2, 3));
  EXPECT_EQ(parts.fault, "");
}

TEST(JsonSplitter, takes_the_books_of_a_page_and_leaves_what_follows) {
  const auto parts = split("{ \"books\" :\n [{\"id\":1},{\"id\":2}],\"next\":null}\n");
  EXPECT_THAT(parts.texts, ElementsAre(R"({"id":1})", R"({"id":2})"));
  EXPECT_EQ(parts.fault, "");
}

TEST(JsonSplitter, an_object_that_only_begins_like_a_page_is_a_line) {
  for (const auto* line : {R"({"books":3})", R"({"book":"x"})", R"({ "b":1})", "{}", R"({"bo oks":[]})"})
    EXPECT_THAT(split(line).texts, ElementsAre(line));
}

TEST(JsonSplitter, a_broken_line_spoils_no_other) {
  const auto parts = split("{\"title\":\"never closed\n{\"title\":\"b\"}\nnonsense\n{\"title\":\"c\"}\n");
  EXPECT_THAT(parts.texts,
              ElementsAre("{\"title\":\"never closed", R"({"title":"b"})", "nonsense", R"({"title":"c"})"));
}

TEST(JsonSplitter, pieces_of_any_size_give_the_same) {
  for (const std::string text : {"{ \"books\" : [{\"id\":1} , {\"t\":\"\\\\\\\"[\"}]}",
                                 "[{\"a\":{\"b\":[]}},{}]", "{\"x\":1}\n{\"books\":2}\n"}) {
    const auto whole = split(text);
    for (std::size_t piece = 1; piece < text.size(); ++piece) {
      EXPECT_EQ(split(text, piece).texts, whole.texts) << text << " in pieces of " << piece;
      EXPECT_EQ(split(text, piece).lines, whole.lines);
    }
  }
}

TEST(JsonSplitter, says_where_a_list_is_broken_and_keeps_what_came_before) {
  EXPECT_THAT(split(R"([{"id":1},{"id":)").texts, ElementsAre(R"({"id":1})", R"({"id":)"));
  EXPECT_THAT(split(R"([{"id":1},{"id":)").fault, HasSubstr("ends within a book"));
  EXPECT_THAT(split(R"([{"id":1})").fault, HasSubstr("ends within its list"));
  EXPECT_THAT(split(R"([{"id":1} {"id":2}])").fault, HasSubstr("commas"));
  EXPECT_THAT(split(R"([1])").fault, HasSubstr("objects only"));
  EXPECT_THAT(split(R"([{}] x)").fault, HasSubstr("behind"));
}

TEST(JsonSplitter, a_book_that_is_never_closed_does_not_swallow_the_memory) {
  EXPECT_THAT(split("[{\"a\":\"" + std::string(max_row_bytes, 'x')).fault, HasSubstr("too long"));
  EXPECT_THAT(split(std::string(max_row_bytes + 1, 'x')).fault, HasSubstr("too long"));
  EXPECT_EQ(split("").fault, "");
}

TEST(JsonBook, keeps_numbers_as_they_are_written) {
  const auto fields =
      read_json_book(R"({"title":"T","price":22.350,"quantity":7,"year":-50,"authors":["A, Jr.","B"]})", {});
  ASSERT_TRUE(fields) << fields.error();
  EXPECT_EQ(fields->price, "22.350");
  EXPECT_EQ(fields->quantity, "7");
  EXPECT_EQ(fields->year, "-50");
  EXPECT_THAT(*fields->authors, ElementsAre("A, Jr.", "B"));
}

TEST(JsonBook, leaves_nulls_and_unknown_members_alone) {
  const auto fields = read_json_book(R"({"title":"T","isbn":null,"version":17,"cover":{"x":[1]}})", {});
  ASSERT_TRUE(fields) << fields.error();
  EXPECT_EQ(fields->title, "T");
  EXPECT_EQ(fields->isbn, std::nullopt);
}

TEST(JsonBook, finds_fields_under_other_names) {
  const FieldMap map("title=name,topic=subject,authors=by");
  const auto fields = read_json_book(R"({"name":"T","subject":"s","title":"other","by":"A, B"})", map);
  ASSERT_TRUE(fields) << fields.error();
  EXPECT_EQ(fields->title, "T");
  EXPECT_EQ(fields->topic, "s");
  EXPECT_THAT(*fields->authors, ElementsAre("A", "B"));
}

TEST(JsonBook, says_what_is_wrong_with_it) {
  EXPECT_FALSE(read_json_book("{\"title\":", {}));
  EXPECT_FALSE(read_json_book("[]", {}));
  EXPECT_FALSE(read_json_book("\"\xFF\"", {}));
  EXPECT_THAT(read_json_book(R"({"title":["x"]})", {}).error(), HasSubstr("title"));
  EXPECT_THAT(read_json_book(R"({"title":true})", {}).error(), HasSubstr("title"));
  EXPECT_THAT(read_json_book(R"({"authors":[1]})", {}).error(), HasSubstr("authors"));
  EXPECT_THAT(read_json_book(R"({"authors":{}})", {}).error(), HasSubstr("authors"));
}

TEST(FieldMap, refuses_what_names_no_field) {
  EXPECT_THROW(FieldMap("colour=c"), UsageError);
  EXPECT_THROW(FieldMap("title"), UsageError);
  EXPECT_THROW(FieldMap("title="), UsageError);
  EXPECT_THROW(FieldMap("title=a,title=b"), UsageError);
  EXPECT_EQ(FieldMap("title=a=b").source_of("title"), "a=b");
  EXPECT_EQ(FieldMap("title=a").source_of("topic"), "topic");
}

}  // namespace
}  // namespace bazar::cli
