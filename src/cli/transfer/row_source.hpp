#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "cli/transfer/book_row.hpp"

namespace bazar::cli {

/// What is longer than this is no row of a book but a sign that a quote or bracket was never closed.
inline constexpr std::size_t max_row_bytes = std::size_t{1} << 20;

/// One row of a file.
struct SourceRow {
  std::uint64_t line = 0;                         ///< where it begins, from 1
  std::string text;                               ///< as the reject file shows it
  std::expected<BookFields, std::string> fields;  ///< or why it cannot be read
};

/// The rows of a file, one at a time, in a memory that does not grow with the file.
class RowSource {
 public:
  virtual ~RowSource() = default;
  /// Empty at the end. Throws Failure where the rest of the file cannot be told apart.
  virtual std::optional<SourceRow> next() = 0;
  /// The first line of a reject file of this format, with its line break; may be empty.
  [[nodiscard]] virtual std::string reject_heading() const = 0;
  /// A line of the reject file, with its line break.
  [[nodiscard]] virtual std::string reject_line(std::uint64_t line, std::string_view reason,
                                                std::string_view text) const = 0;
  /// How much of the file has been read.
  [[nodiscard]] virtual std::uint64_t bytes_read() const = 0;
  /// Records of the file that are no books by its own rules.
  [[nodiscard]] virtual std::uint64_t records_skipped() const { return 0; }
};

/// A file read in pieces, without the byte order mark that it may begin with.
class InputFile {
 public:
  /// Throws Failure where it cannot be read.
  explicit InputFile(const std::filesystem::path& path);

  /// The next piece, valid until the next call; empty at the end. Throws Failure.
  [[nodiscard]] std::string_view read();
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  std::string name_;
  std::ifstream stream_;
  std::string buffer_;
  std::uint64_t bytes_read_ = 0;
};

/// `{"line":…,"reason":…,"row":…}`, for formats whose lines are JSON or hold it.
[[nodiscard]] std::string json_reject_line(std::uint64_t line, std::string_view reason,
                                           std::string_view text);

}  // namespace bazar::cli
