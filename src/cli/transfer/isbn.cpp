#include "cli/transfer/isbn.hpp"

#include <algorithm>

#include "catalog/book.hpp"

namespace bazar::cli {
namespace {

// More leading zeros than the lowest publisher prefixes have would make ISBNs of any short number.
constexpr std::size_t fewest_digits = 6;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string significant_characters(std::string_view text) {
  if (text.ends_with(".0")) text.remove_suffix(2);
  std::string kept;
  for (const char c : text) {
    if (c == '-' || c == ' ') continue;
    kept += c == 'x' ? 'X' : c;
  }
  return kept;
}

bool is_isbn10(std::string_view text) {
  if (text.size() != 10) return false;
  int sum = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_ten = i == 9 && text[i] == 'X';
    if (!is_ten && !is_digit(text[i])) return false;
    sum += static_cast<int>(10 - i) * (is_ten ? 10 : text[i] - '0');
  }
  return sum % 11 == 0;
}

std::string to_13(std::string_view isbn10) {
  std::string digits = "978" + std::string(isbn10.substr(0, 9));
  int sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) sum += (digits[i] - '0') * (i % 2 == 0 ? 1 : 3);
  return digits += static_cast<char>('0' + (10 - sum % 10) % 10);
}

}  // namespace

std::optional<std::string> to_isbn13(std::string_view text) {
  auto isbn = significant_characters(text);
  if (catalog::is_isbn13(isbn)) return isbn;
  if (isbn.size() < fewest_digits || isbn.size() > 10) return std::nullopt;
  isbn.insert(0, 10 - isbn.size(), '0');
  if (!is_isbn10(isbn)) return std::nullopt;
  return to_13(isbn);
}

}  // namespace bazar::cli
