#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "cli/transfer/book_row.hpp"
#include "cli/transfer/field_map.hpp"

namespace bazar::cli {

/// One book's JSON text within a larger one.
struct JsonPiece {
  std::uint64_t line = 0;
  std::string text;
};

/// Cuts JSON text that comes in pieces into the texts of its books, without reading them: the lines of JSON
/// Lines, the elements of an array, or those of the array that is the first member, `books`, of an object.
class JsonSplitter {
 public:
  /// False once the text is no such sequence, or an element is longer than a row may be; see `fault`.
  [[nodiscard]] bool feed(std::string_view piece);
  [[nodiscard]] bool finish();
  std::optional<JsonPiece> pop();
  [[nodiscard]] std::string_view fault() const { return fault_; }
  [[nodiscard]] std::uint64_t line() const { return line_; }

 private:
  /// What stands where in the text.
  enum class State : std::uint8_t { beginning, wrapper, lines, between, element, after };

  bool step(char c);
  bool begin(char c);
  bool step_wrapper(char c);
  bool step_line(char c);
  bool step_between(char c);
  bool step_element(char c);
  void take();
  bool fail(std::string_view fault);

  State state_ = State::beginning;
  std::string text_;
  std::uint64_t line_ = 1;
  std::uint64_t begin_line_ = 1;
  std::size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool wrapped_ = false;
  bool comma_due_ = false;
  std::deque<JsonPiece> pieces_;
  std::string_view fault_;
};

/// Reads one book of JSON: members that `map` (or their own name) makes fields of a book; others are left
/// alone. Numbers keep the text they are written in.
[[nodiscard]] std::expected<BookFields, std::string> read_json_book(std::string_view text,
                                                                    const FieldMap& map);

}  // namespace bazar::cli
