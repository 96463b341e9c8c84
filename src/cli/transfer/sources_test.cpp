#include "cli/transfer/sources.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/temporary_folder.hpp"
#include "cli/failure.hpp"
#include "cli/transfer/exporter.hpp"
#include "cli/transfer/progress.hpp"
#include "cli/transfer/rejects.hpp"

namespace bazar::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Sources : public testing::Test {
 protected:
  std::filesystem::path file(const std::string& name, std::string_view content) {
    const auto path = folder_.path() / name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  static std::string content(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static std::unique_ptr<RowSource> open(const std::filesystem::path& path, const std::string& map = "") {
    return open_source(path, format_of("", path), FieldMap(map));
  }
  static std::vector<std::string> titles(RowSource& source) {
    std::vector<std::string> all;
    while (const auto row = source.next())
      all.push_back(row->fields ? row->fields->title.value_or("none") : row->fields.error());
    return all;
  }

  TemporaryFolder folder_;
};

TEST_F(Sources, the_files_name_tells_the_format_unless_it_is_said) {
  EXPECT_EQ(format_of("", "a/books.csv"), Format::csv);
  EXPECT_EQ(format_of("", "books.jsonl"), Format::json);
  EXPECT_EQ(format_of("", "ol_dump_editions.txt"), Format::open_library);
  EXPECT_EQ(format_of("csv", "books.json"), Format::csv);
  EXPECT_THROW(static_cast<void>(format_of("", "books")), UsageError);
}

TEST_F(Sources, csv_has_a_byte_order_mark_columns_by_name_and_rows_with_lines) {
  const auto source = open(file("b.csv", "\xEF\xBB\xBFname,price\r\n\"A\nB\",1\r\nC,2\r\n"), "title=name");
  const auto first = source->next();
  ASSERT_TRUE(first && first->fields);
  EXPECT_EQ(first->line, 2U);
  EXPECT_EQ(first->fields->title, "A\nB");
  EXPECT_EQ(first->fields->price, "1");
  EXPECT_EQ(source->next()->line, 4U);
  EXPECT_FALSE(source->next());
}

TEST_F(Sources, csv_rows_of_another_width_are_told) {
  const auto source = open(file("b.csv", "title,price\nA\nB,1,2\nC,3\nD,\"4"));
  EXPECT_THAT(titles(*source),
              ElementsAre(HasSubstr("1 columns"), HasSubstr("3 columns"), "C", HasSubstr("quotes")));
}

TEST_F(Sources, a_column_that_is_not_there_is_wrong_usage) {
  EXPECT_THROW(open(file("b.csv", "title,price\n"), "topic=subject"), UsageError);
  EXPECT_THROW(open(file("empty.csv", "")), Failure);
  EXPECT_THROW(open(file("dump.txt", ""), "title=name"), UsageError);
  EXPECT_THROW(open(folder_.path() / "missing.csv"), Failure);
  EXPECT_THROW(static_cast<void>(open_source(folder_.path(), Format::csv, {})), Failure);
}

TEST_F(Sources, a_broken_list_gives_its_sound_books_first) {
  const auto source = open(file("b.json", R"([{"title":"A"},{"title":"B"} oops)"));
  EXPECT_EQ(source->next()->fields->title, "A");
  EXPECT_EQ(source->next()->fields->title, "B");
  EXPECT_THROW(source->next(), Failure);
}

TEST_F(Sources, a_dump_is_read_over_the_bounds_of_its_pieces) {
  std::string dump;
  for (int i = 0; i < 5'000; ++i) {
    dump += "/type/edition\t/books/OL" + std::to_string(i) + "M\t1\t2010\t{\"title\":\"T" +
            std::to_string(i) + "\",\"notes\":\"" + std::string(200, 'x') + "\"}\n";
    dump += "/type/delete\t/books/OLM\t1\t2010\t{}\r\n";
  }
  const auto source = open(file("dump.txt", dump));
  const auto all = titles(*source);
  ASSERT_EQ(all.size(), 5'000U);
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i], "T" + std::to_string(i));
  EXPECT_EQ(source->records_skipped(), 5'000U);
  EXPECT_EQ(source->bytes_read(), dump.size());
}

TEST_F(Sources, rejected_rows_of_csv_can_be_mended_and_imported) {
  const auto source = open(file("b.csv", "title,topic\n\"A, \"\"x\"\"\",\n"));
  const auto row = source->next();
  RejectsFile rejects(folder_.path() / "b.rejects", *source);
  EXPECT_FALSE(std::filesystem::exists(rejects.path())) << "only rejects make the file";
  rejects.add(row->line, "has no topic", row->text);
  rejects.close();
  EXPECT_EQ(content(rejects.path()),
            "\"line\",\"reason\",\"title\",\"topic\"\r\n\"2\",\"has no topic\",\"A, \"\"x\"\"\",\"\"\r\n");
  const auto again = open_source(rejects.path(), Format::csv, {});
  EXPECT_EQ(again->next()->fields->title, "A, \"x\"");
}

TEST_F(Sources, rejected_lines_are_json_whatever_was_in_them) {
  const auto source = open(file("b.json", "x"));
  EXPECT_EQ(source->reject_line(7, "why", "a\"\xFF\x01z"),
            "{\"line\":7,\"reason\":\"why\",\"row\":\"a\\\"??z\"}\n");
}

TEST_F(Sources, an_exported_book_is_read_back_as_the_same_book) {
  const catalog::Book book{.id = BookId{7},
                           .title = "A \"quoted\", title ",
                           .topic = "t",
                           .price = Money{2'230},
                           .currency = "USD",
                           .quantity = 3,
                           .version = 99,
                           .authors = {{"A, Jr.", "B"}},
                           .isbn = "9780306406157",
                           .year = -50,
                           .language = "en",
                           .description = "d"};
  const auto source = open(file("b.json", book_json_line(book)));
  const auto row = make_row(*source->next()->fields, {}, Currency{});
  ASSERT_TRUE(row) << row.error();
  EXPECT_EQ(row->warnings, 0U);
  const catalog::BookDraft expected{.id = book.id,
                                    .title = book.title,
                                    .topic = book.topic,
                                    .price = book.price,
                                    .currency = book.currency,
                                    .quantity = book.quantity,
                                    .version = {},
                                    .authors = book.authors,
                                    .isbn = book.isbn,
                                    .year = book.year,
                                    .language = book.language,
                                    .description = book.description};
  EXPECT_EQ(row->row.book, expected);
}

TEST_F(Sources, an_export_that_was_not_finished_leaves_nothing) {
  const auto path = file("out.json", "old");
  {
    ExportFile unfinished(path);
    unfinished.write("new");
  }
  EXPECT_EQ(content(path), "old");
  ExportFile finished(path);
  finished.write("new");
  finished.finish();
  EXPECT_EQ(content(path), "new");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 1);
}

TEST(Progress, tells_share_rate_and_the_time_left) {
  EXPECT_EQ(
      progress_line({.rows = 612'000, .done_bytes = 50, .total_bytes = 100, .elapsed = milliseconds{90'000}}),
      "[###############---------------]   50%  612,000 books  6,800/s  ETA 1:30");
  EXPECT_EQ(progress_line({.rows = 7, .elapsed = milliseconds{1'000}}), "7 books  7/s");
  EXPECT_THAT(progress_line({.rows = 1, .done_bytes = 200, .total_bytes = 100, .elapsed = milliseconds{1}}),
              HasSubstr("100%"));
  EXPECT_THAT(progress_line({.total_bytes = 100}), HasSubstr("0%"));
}

TEST(Progress, groups_digits) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'000), "1,000");
  EXPECT_EQ(grouped(1'234'567), "1,234,567");
}

}  // namespace
}  // namespace bazar::cli
