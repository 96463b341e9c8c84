#include "cli/bench/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>

#include "cli/failure.hpp"
#include "cli/transfer/csv.hpp"
#include "cli/transfer/row_source.hpp"
#include "load/shelf.hpp"

namespace bazar::cli {
namespace {

constexpr std::size_t most_asked_for = 100'000;

std::vector<double> read_popularity(const std::string& where) {
  const std::size_t colon = where.rfind(':');
  if (colon == std::string::npos || colon == 0) throw UsageError("--popularity: FILE:COLUMN");
  return read_column(where.substr(0, colon), where.substr(colon + 1));
}

std::vector<BookId> books_in_order(const load::Plan& plan, std::int64_t count) {
  if (count == 0) {
    auto found = load::find_books(plan.targets.front(), most_asked_for);
    if (found.empty()) throw Failure("the store has no books: import some, or name ids with --books");
    return found;
  }
  std::vector<BookId> books;
  books.reserve(static_cast<std::size_t>(count));
  for (std::int64_t id = 1; id <= count; ++id) books.push_back({id});
  return books;
}

double number(const std::string& cell, std::uint64_t line) {
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc{} || end != cell.data() + cell.size() || !(value >= 0))
    throw Failure(fmt::format("line {}: the popularity is no number of at least 0", line));
  return value;
}

std::size_t place_of(const CsvRecord& heading, const std::string& column) {
  const auto found = std::ranges::find(heading.cells, column);
  if (found == heading.cells.end())
    throw UsageError(fmt::format("--popularity: there is no column {}", column));
  return static_cast<std::size_t>(found - heading.cells.begin());
}

}  // namespace

void find_what_to_ask_for(load::Plan& plan, const BenchInputs& inputs) {
  if (plan.mix.part(load::Operation::search) > 0) plan.topics = load::find_topics(plan.targets.front());
  if (plan.mix.part(load::Operation::lookup) == 0 && plan.mix.part(load::Operation::purchase) == 0) return;
  plan.books = books_in_order(plan, inputs.books);
  if (inputs.popularity.empty()) {
    load::shuffle(plan.books, plan.seed);
    return;
  }
  plan.popularity = read_popularity(inputs.popularity);
  if (plan.popularity.size() < plan.books.size()) {
    throw UsageError(fmt::format("--popularity has {} rows for {} books: name how many with --books",
                                 plan.popularity.size(), plan.books.size()));
  }
  plan.popularity.resize(plan.books.size());
}

std::vector<double> read_column(const std::string& file, const std::string& column) {
  InputFile input(file);
  CsvReader reader;
  std::optional<std::size_t> place;
  std::vector<double> numbers;
  const auto take_records = [&] {
    while (const auto record = reader.pop()) {
      if (!place) {
        place = place_of(*record, column);
      } else {
        numbers.push_back(number(*place < record->cells.size() ? record->cells[*place] : "", record->line));
      }
    }
  };
  for (auto piece = input.read(); !piece.empty(); piece = input.read()) {
    if (!reader.feed(piece)) throw Failure(fmt::format("{}: line {} is too long", file, reader.line()));
    take_records();
  }
  reader.finish();
  take_records();
  return numbers;
}

void write_report(const std::string& file, const std::string& text) {
  if (file == "-") {
    fmt::print("{}", text);
    return;
  }
  std::ofstream stream(file, std::ios::binary);
  stream << text;
  stream.close();
  if (!stream) throw Failure(fmt::format("cannot write {}", file));
}

}  // namespace bazar::cli
