#include "cli/transfer/csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/csv.hpp"
#include "cli/transfer/row_source.hpp"

namespace bazar::cli {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

std::vector<CsvRecord> records_of(std::string_view text, std::size_t piece = std::string_view::npos) {
  CsvReader reader;
  std::vector<CsvRecord> records;
  for (std::size_t at = 0; at < text.size(); at += std::min(piece, text.size())) {
    EXPECT_TRUE(reader.feed(text.substr(at, piece)));
  }
  reader.finish();
  while (auto record = reader.pop()) records.push_back(*std::move(record));
  return records;
}

TEST(Csv, splits_records_and_cells) {
  const auto records = records_of("a,b\nc,\n");
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_THAT(records[0].cells, ElementsAre("a", "b"));
  EXPECT_THAT(records[1].cells, ElementsAre("c", ""));
}

TEST(Csv, cells_within_quotes_hold_commas_quotes_and_line_breaks) {
  const auto records = records_of("\"a,\"\"b\"\"\",\"c\nd\"\r\ne,f");
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_THAT(records[0].cells, ElementsAre("a,\"b\"", "c\nd"));
  EXPECT_THAT(records[1].cells, ElementsAre("e", "f"));
}

TEST(Csv, lines_are_counted_as_an_editor_does) {
  const auto records = records_of("head\r\n\r\n\"two\nlines\"\r\n\n\nlast");
  ASSERT_THAT(records, SizeIs(3));
  EXPECT_EQ(records[0].line, 1U);
  EXPECT_EQ(records[1].line, 3U);
  EXPECT_EQ(records[2].line, 7U);
}

TEST(Csv, pieces_of_any_size_give_the_same_records) {
  const std::string text = "a,\"b \"\"x\"\"\ny\",c\r\n\"\",,é\r\n1,2,3\r\n";
  const auto whole = records_of(text);
  for (std::size_t piece = 1; piece < text.size(); ++piece) {
    const auto pieced = records_of(text, piece);
    ASSERT_EQ(pieced.size(), whole.size()) << piece;
    for (std::size_t i = 0; i < whole.size(); ++i) {
      EXPECT_EQ(pieced[i].cells, whole[i].cells) << piece;
      EXPECT_EQ(pieced[i].line, whole[i].line) << piece;
    }
  }
}

TEST(Csv, an_end_within_quotes_is_told_and_its_text_kept) {
  const auto records = records_of("a,b\n1,\"never closed");
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_TRUE(records[0].complete);
  EXPECT_FALSE(records[1].complete);
  EXPECT_THAT(records[1].cells, ElementsAre("1", "never closed"));
}

TEST(Csv, a_quote_that_is_never_closed_does_not_swallow_the_memory) {
  CsvReader reader;
  ASSERT_TRUE(reader.feed("a,\"b"));
  const std::string piece(max_row_bytes / 2, 'x');
  EXPECT_TRUE(reader.feed(piece));
  EXPECT_FALSE(reader.feed(piece));
  EXPECT_EQ(reader.line(), 1U);
}

TEST(Csv, what_is_written_is_read_back) {
  const std::vector<std::string> cells = {"plain", "with \"quotes\"", "a,b", "line\r\nbreak", "", " blanks "};
  const auto records = records_of(csv_line(cells));
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_EQ(records[0].cells, cells);
}

}  // namespace
}  // namespace bazar::cli
