// Whatever CSV comes, in whatever pieces: no crash, the same records, and records that survive being written
// and read again. Rows made of it obey the store's bounds.
#include <cstdlib>

#include "base/csv.hpp"
#include "cli/transfer/book_row.hpp"
#include "cli/transfer/csv.hpp"
#include "cli/transfer/row_source.hpp"

namespace {

using namespace bazar;
using cli::CsvRecord;

std::vector<CsvRecord> read(std::string_view text, std::size_t piece) {
  cli::CsvReader reader;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    if (!reader.feed(text.substr(at, piece))) return {};
  }
  reader.finish();
  std::vector<CsvRecord> records;
  while (auto record = reader.pop()) records.push_back(*std::move(record));
  return records;
}

void require(bool condition) {
  if (!condition) std::abort();
}

void check_round_trip(const CsvRecord& record) {
  const auto line = csv_line(record.cells);
  const auto again = read(line, line.size());
  require(again.size() == 1 && again[0].complete && again[0].cells == record.cells);
}

void check_row(const CsvRecord& record) {
  cli::BookFields fields;
  for (std::size_t i = 0; i < record.cells.size() && i < cli::book_field_names.size(); ++i) {
    if (cli::book_field_names[i] == "authors") {
      fields.authors = cli::split_authors(record.cells[i]);
    } else {
      *cli::text_field(fields, cli::book_field_names[i]) = record.cells[i];
    }
  }
  const auto row = cli::make_row(fields, {.topic = "t", .price = "1", .quantity = "1"}, Currency{});
  require(!row || catalog::validate(row->row.book, Currency{}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto whole = read(text, std::max<std::size_t>(size, 1));
  const auto pieced = read(text, 1 + size % 7);
  require(whole.size() == pieced.size());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    require(whole[i].cells == pieced[i].cells && whole[i].line == pieced[i].line);
    if (whole[i].complete) check_round_trip(whole[i]);
    check_row(whole[i]);
  }
  return 0;
}
