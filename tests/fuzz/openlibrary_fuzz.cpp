// Lines of dumps and books of JSON files: no crash, pieces of any size give the same, and what becomes a book
// obeys the store's bounds.
#include <cstdlib>

#include "cli/transfer/json_rows.hpp"
#include "cli/transfer/open_library.hpp"

namespace {

using namespace bazar;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_row(cli::BookFields fields) {
  const auto row =
      cli::make_row(std::move(fields), {.topic = "t", .price = "1", .quantity = "1"}, Currency{});
  require(!row || catalog::validate(row->row.book, Currency{}));
}

std::vector<std::string> split(std::string_view text, std::size_t piece) {
  cli::JsonSplitter splitter;
  bool good = true;
  for (std::size_t at = 0; good && at < text.size(); at += piece)
    good = splitter.feed(text.substr(at, piece));
  if (good) good = splitter.finish();
  require(good == splitter.fault().empty());
  std::vector<std::string> texts;
  while (auto part = splitter.pop()) texts.push_back(std::move(part->text));
  return texts;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto read = cli::read_open_library_line(text); read && *read) check_row(**read);
  // Most inputs would never pass for a line of a dump.
  const auto edition = "/type/edition\t/books/OL1M\t1\t2010\t" + std::string(text);
  if (auto read = cli::read_open_library_line(edition); read && *read) check_row(**read);
  const auto texts = split(text, std::max<std::size_t>(size, 1));
  require(texts == split(text, 1 + size % 7));
  for (const auto& book : texts) {
    if (auto read = cli::read_json_book(book, {})) check_row(*std::move(read));
  }
  return 0;
}
