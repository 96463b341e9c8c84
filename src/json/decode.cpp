#include "json/decode.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace bazar::json::detail {
namespace {

std::string to_text(const Path& path) {
  std::string text;
  if (path.parent == nullptr) return text;
  text = to_text(*path.parent);
  if (path.name.empty()) return text + fmt::format("[{}]", path.index);
  if (!text.empty()) text += '.';
  return text += path.name;
}

// A name that can be shown anywhere without escapes.
bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

// Writes a JSON number with an exponent (`2.235E1`, as some encoders do) without it, digit by digit, so that
// nothing is rounded. Empty where that takes more than `max_zeros` zeros: no amount that the store takes.
std::optional<std::string> without_exponent(std::string_view number) {
  constexpr int max_zeros = 32;
  const std::size_t mark = number.find_first_of("eE");
  if (mark == std::string_view::npos) return std::string(number);
  std::string_view power = number.substr(mark + 1);
  if (power.starts_with('+')) power.remove_prefix(1);
  int exponent = 0;
  if (std::from_chars(power.data(), power.data() + power.size(), exponent).ec != std::errc{}) {
    return std::nullopt;
  }
  if (exponent > max_zeros || exponent < -max_zeros) return std::nullopt;

  std::string digits(number.substr(0, mark));
  std::size_t point = digits.find('.');
  if (point == std::string::npos) {
    point = digits.size();
  } else {
    digits.erase(point, 1);
  }
  constexpr std::size_t room = max_zeros + 1;
  digits.insert(0, room, '0');
  digits.append(room, '0');
  digits.insert(static_cast<std::size_t>(static_cast<std::int64_t>(point + room) + exponent), 1, '.');
  return digits;
}

}  // namespace

bool Reader::fail(const Path& path, std::string_view detail) {
  error = {to_text(path), std::string(detail)};
  return false;
}

bool Reader::unknown_member(const Path& object, std::string_view name) {
  if (is_plain_name(name)) return fail(Path{&object, name}, "is not a member that is known here");
  return fail(object, "has a member that is not known here");
}

bool Reader::wrong_integer(const Path& path, std::int64_t least, std::uint64_t most) {
  return fail(path, fmt::format("must be a whole number from {} to {}", least, most));
}

bool Reader::read(std::size_t at, const Path& path, bool& out) {
  if (node(at).type() != Kind::boolean) return fail(path, "must be true or false");
  out = node(at).text() == "true";
  return true;
}

bool Reader::read(std::size_t at, const Path& path, std::string& out) {
  if (node(at).type() != Kind::string) return fail(path, "must be a string");
  const std::string_view text = node(at).text();
  if (has_control_characters(text)) return fail(path, "must not contain control characters");
  out = text;
  return true;
}

bool Reader::read_amount(std::size_t at, const Path& path, std::int64_t max, Money& out) {
  if (node(at).type() == Kind::number) {
    const auto plain = without_exponent(node(at).text());
    const auto amount = plain ? parse_money(*plain, format.money_decimals, max) : std::nullopt;
    if (amount) {
      out = *amount;
      return true;
    }
  }
  return fail(path, fmt::format("must be a number from 0 to {} with at most {} decimals",
                                to_string(Money{max}, format.money_decimals), format.money_decimals));
}

bool Reader::read(std::size_t at, const Path& path, BookId& out) {
  std::int64_t value = 0;
  if (!read(at, path, value) || value < 1 || value > BookId::max) return wrong_integer(path, 1, BookId::max);
  out = BookId{value};
  return true;
}

bool Reader::read(std::size_t at, const Path& path, OrderId& out) {
  const auto id = node(at).type() == Kind::string ? parse_order_id(node(at).text()) : std::nullopt;
  if (!id) return fail(path, "must be a UUID");
  out = *id;
  return true;
}

bool Reader::read(std::size_t at, const Path& path, WallTime& out) {
  const auto time = node(at).type() == Kind::string ? parse_rfc3339(node(at).text()) : std::nullopt;
  if (!time) return fail(path, "must be a time in UTC such as 2026-01-31T09:30:00.123Z");
  out = *time;
  return true;
}

}  // namespace bazar::json::detail
