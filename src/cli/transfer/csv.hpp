#pragma once

#include <csv.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bazar::cli {

struct CsvRecord {
  std::uint64_t line = 0;  ///< where it begins, from 1
  std::vector<std::string> cells;
  bool complete = true;  ///< false: the text ended within quotes
};

/// Splits text that comes in pieces into records (RFC 4180; LF, CRLF and quoted line breaks; empty lines are
/// none).
class CsvReader {
 public:
  CsvReader();
  ~CsvReader();
  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;

  /// False once a record has become longer than a row may be: nothing more can be read.
  [[nodiscard]] bool feed(std::string_view piece);
  void finish();
  std::optional<CsvRecord> pop();
  /// Where the record begins that is being read.
  [[nodiscard]] std::uint64_t line() const { return line_; }

 private:
  void add_cell(std::string_view cell);
  void end_line(int terminator);
  static void on_cell(void* cell, std::size_t size, void* self);
  static void on_end(int terminator, void* self);

  csv_parser parser_{};
  std::vector<std::string> cells_;
  std::deque<CsvRecord> records_;
  std::uint64_t line_ = 1;
  std::uint64_t lines_within_ = 0;  ///< quoted line breaks of the record that is being read
  std::size_t record_bytes_ = 0;
};

}  // namespace bazar::cli
