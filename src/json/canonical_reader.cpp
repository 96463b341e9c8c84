#include "json/canonical_reader.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "json/characters.hpp"

namespace bazar::json::detail {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The first byte from `at` on that is not printable ASCII, or a quotation mark, or a backslash; `end` where
/// there is none.
const char* find_special(const char* at, const char* end) {
  for (; end - at >= 8; at += 8) {
    if (const auto mask = special_bytes(load_word(at)); mask != 0) return at + first_byte(mask);
  }
  return std::find_if(at, end, [](char c) { return c < ' ' || c > '~' || c == '"' || c == '\\'; });
}

}  // namespace

bool CanonicalReader::begins_number(const char* digits) const {
  if (digits == end_ || !is_digit(*digits)) return false;
  return *digits != '0' || digits + 1 == end_ || !is_digit(digits[1]);
}

bool CanonicalReader::read(bool& out) {
  out = at_ != end_ && *at_ == 't';
  return skip(out ? std::string_view("true") : std::string_view("false"));
}

bool CanonicalReader::read(std::string& out) {
  if (!skip('"')) return false;
  const char* const special = find_special(at_, end_);
  if (special == end_) return false;
  if (*special != '"') return read_escaped(out);
  out.assign(at_, special);
  at_ = special + 1;
  return true;
}

/// From behind the quotation mark on.
bool CanonicalReader::read_escaped(std::string& out) {
  for (; at_ != end_; ++at_) {
    if (*at_ == '"') {
      ++at_;
      return is_utf8(out) && !has_control_characters(out);
    }
    if (*at_ == '\\' && (++at_ == end_ || (*at_ != '"' && *at_ != '\\'))) return false;
    out += *at_;
  }
  return false;
}

bool CanonicalReader::read_amount(std::int64_t max, Money& out) {
  if (!begins_number(at_)) return false;
  const char* const stop = std::find_if_not(at_, end_, [](char c) { return is_digit(c) || c == '.'; });
  const auto amount = parse_money({at_, stop}, format_.money_decimals, max);
  at_ = stop;
  if (amount) out = *amount;
  return amount.has_value();
}

bool CanonicalReader::read(OrderId& out) {
  constexpr std::size_t length = 36;
  if (left() < length + 2 || at_[0] != '"' || at_[length + 1] != '"') return false;
  const auto id = parse_order_id({at_ + 1, length});
  at_ += length + 2;
  if (id) out = *id;
  return id.has_value();
}

bool CanonicalReader::read(WallTime& out) {
  constexpr std::size_t length = std::string_view("0000-00-00T00:00:00.000Z").size();
  if (left() < length + 2 || at_[0] != '"' || at_[length + 1] != '"') return false;
  const auto time = parse_rfc3339({at_ + 1, length});
  at_ += length + 2;
  if (time) out = *time;
  return time.has_value();
}

}  // namespace bazar::json::detail
