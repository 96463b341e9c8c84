#include "cli/transfer/csv.hpp"

#include <algorithm>
#include <new>

#include "cli/transfer/row_source.hpp"

namespace bazar::cli {

CsvReader::CsvReader() {
  // Every line break is reported, because lines are counted.
  if (csv_init(&parser_, CSV_REPALL_NL) != 0) throw std::bad_alloc();
}

CsvReader::~CsvReader() { csv_free(&parser_); }

bool CsvReader::feed(std::string_view piece) {
  // In slices, so that a quote that is never closed is noticed before it has swallowed the memory.
  constexpr std::size_t slice_bytes = std::size_t{64} << 10;
  while (!piece.empty()) {
    const auto slice = piece.substr(0, slice_bytes);
    piece.remove_prefix(slice.size());
    if (csv_parse(&parser_, slice.data(), slice.size(), on_cell, on_end, this) != slice.size()) return false;
    if (record_bytes_ + parser_.entry_pos > max_row_bytes) return false;
  }
  return true;
}

void CsvReader::finish() {
  // Strict about the end only: a stray quote within a cell is a character like others.
  csv_set_opts(&parser_, CSV_REPALL_NL | CSV_STRICT | CSV_STRICT_FINI);
  if (csv_fini(&parser_, on_cell, on_end, this) == 0) return;
  add_cell({reinterpret_cast<const char*>(parser_.entry_buf), parser_.entry_pos});
  records_.push_back({line_, std::exchange(cells_, {}), false});
}

std::optional<CsvRecord> CsvReader::pop() {
  if (records_.empty()) return std::nullopt;
  auto record = std::move(records_.front());
  records_.pop_front();
  return record;
}

void CsvReader::add_cell(std::string_view cell) {
  cells_.emplace_back(cell);
  record_bytes_ += cell.size();
  lines_within_ += static_cast<std::uint64_t>(std::ranges::count(cell, '\n'));
}

void CsvReader::end_line(int terminator) {
  if (!cells_.empty()) {
    records_.push_back({line_, std::exchange(cells_, {}), true});
    line_ += std::exchange(lines_within_, 0);
    record_bytes_ = 0;
  }
  if (terminator == '\n') ++line_;
}

// No exception may pass through the C library: running out of memory ends the program here.
void CsvReader::on_cell(void* cell, std::size_t size, void* self) {
  [&]() noexcept {
    static_cast<CsvReader*>(self)->add_cell({cell == nullptr ? "" : static_cast<const char*>(cell), size});
  }();
}

void CsvReader::on_end(int terminator, void* self) {
  [&]() noexcept { static_cast<CsvReader*>(self)->end_line(terminator); }();
}

}  // namespace bazar::cli
