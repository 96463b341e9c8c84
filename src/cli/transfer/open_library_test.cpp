#include "cli/transfer/open_library.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bazar::cli {
namespace {

using testing::HasSubstr;

std::string edition(const std::string& json) {
  return "/type/edition\t/books/OL10000135M\t4\t2010-04-24T17:54:01.503315\t" + json;
}

TEST(OpenLibrary, reads_the_books_values_out_of_an_edition) {
  const auto read = read_open_library_line(edition(
      R"({"publishers":["Bernan Press"],"title":"16th Census","isbn_13":["9780891981442"],"isbn_10":["0891981444"],)"
      R"("publish_date":"August 1992","languages":[{"key":"/languages/eng"}],"subjects":["Demography","Law"],)"
      R"("authors":[{"key":"/authors/OL1A"}],"description":{"type":"/type/text","value":"x"}})"));
  ASSERT_TRUE(read && *read);
  const auto& fields = **read;
  EXPECT_EQ(fields.title, "16th Census");
  EXPECT_EQ(fields.isbn, "9780891981442");
  EXPECT_EQ(fields.year, "1992");
  EXPECT_EQ(fields.language, "eng");
  EXPECT_EQ(fields.topic, "Demography");
  EXPECT_EQ(fields.source_key, "/books/OL10000135M");
}

TEST(OpenLibrary, takes_the_first_isbn_that_is_one) {
  const auto read = read_open_library_line(
      edition(R"({"title":"T","isbn_13":["9780306406158"],"isbn_10":["bad","0306406152"]})"));
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->isbn, "0306406152");
}

TEST(OpenLibrary, passes_over_records_that_are_no_editions) {
  for (const auto* type : {"/type/redirect", "/type/delete", "/type/author", "/type/work"}) {
    const auto read = read_open_library_line(std::string(type) + "\t/x/1\t1\t2010\t{}");
    ASSERT_TRUE(read) << read.error();
    EXPECT_FALSE(*read) << type;
  }
}

TEST(OpenLibrary, copes_with_members_of_other_types) {
  const auto read = read_open_library_line(edition(
      R"({"title":7,"isbn_13":"9780891981442","languages":[7,{}],"subjects":{},"publish_date":null})"));
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->title, std::nullopt);
  EXPECT_EQ((*read)->isbn, std::nullopt);
  EXPECT_EQ((*read)->topic, std::nullopt);
}

TEST(OpenLibrary, says_what_is_no_line_of_a_dump) {
  EXPECT_THAT(read_open_library_line("title,price").error(), HasSubstr("five columns"));
  EXPECT_THAT(read_open_library_line("/type/edition\t/books/OL1M\t1\t2010").error(),
              HasSubstr("five columns"));
  EXPECT_THAT(read_open_library_line(edition("{\"title\":")).error(), HasSubstr("JSON"));
  EXPECT_THAT(read_open_library_line(edition("[]")).error(), HasSubstr("JSON"));
}

TEST(OpenLibrary, finds_the_year_in_a_date) {
  EXPECT_EQ(year_in("Jan 5, 1999"), "1999");
  EXPECT_EQ(year_in("c1887."), "1887");
  EXPECT_EQ(year_in("1999-2001"), "1999");
  EXPECT_EQ(year_in("19990105"), std::nullopt);
  EXPECT_EQ(year_in("12/5/99"), std::nullopt);
  EXPECT_EQ(year_in(""), std::nullopt);
}

}  // namespace
}  // namespace bazar::cli
