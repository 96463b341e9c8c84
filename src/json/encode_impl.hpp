#pragma once

#include <array>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <charconv>
#include <concepts>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/money.hpp"

namespace bazar::json::detail {

/// Appends `text` between quotation marks, escaped as RFC 8259 asks. `text` is UTF-8.
void append_string(std::string& out, std::string_view text);

struct Writer {
  std::string& out;
  Format format;

  void write(bool value) { out += value ? "true" : "false"; }
  void write(std::string_view value) { append_string(out, value); }
  void write(const std::string& value) { append_string(out, value); }
  void write(const Raw& value) { out += value.text; }
  void write(Money value) { out += to_string(value, format.money_decimals); }
  void write(BookId value) { write(value.value); }
  void write(const OrderId& value) { append_string(out, to_string(value)); }
  void write(WallTime value) { append_string(out, to_rfc3339(value)); }

  template <std::integral T>
    requires(!std::same_as<T, bool>)
  void write(T value) {
    std::array<char, std::numeric_limits<T>::digits10 + 2> digits;
    const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
  }

  template <class T>
  void write(const OrNull<T>& value) {
    if (value.value) {
      write(*value.value);
    } else {
      out += "null";
    }
  }

  template <class T>
  void write(const std::vector<T>& values) {
    out += '[';
    for (const T& value : values) {
      if (&value != values.data()) out += ',';
      write(value);
    }
    out += ']';
  }

  template <class T>
    requires boost::describe::has_describe_members<T>::value
  void write(const T& object);
};

template <class T>
[[nodiscard]] bool is_absent(const T&) {
  return false;
}
template <class T>
[[nodiscard]] bool is_absent(const std::optional<T>& value) {
  return !value.has_value();
}

/// `,"name":`
template <class Member>
inline constexpr auto member_prefix = [] {
  constexpr std::string_view name = Member::name;
  std::array<char, name.size() + 4> text{};
  text[0] = ',';
  text[1] = '"';
  std::copy(name.begin(), name.end(), text.begin() + 2);
  text[name.size() + 2] = '"';
  text[name.size() + 3] = ':';
  return text;
}();

template <class T>
  requires boost::describe::has_describe_members<T>::value
void Writer::write(const T& object) {
  using Members =
      boost::describe::describe_members<T, boost::describe::mod_any_access | boost::describe::mod_inherited>;
  out += '{';
  std::size_t skip = 1;  // the comma before the first member
  boost::mp11::mp_for_each<Members>([&](auto member) {
    const auto& value = object.*member.pointer;
    if (is_absent(value)) return;
    constexpr auto& prefix = member_prefix<decltype(member)>;
    out.append(prefix.data() + skip, prefix.size() - skip);
    skip = 0;
    if constexpr (requires { value.has_value(); }) {
      write(*value);
    } else {
      write(value);
    }
  });
  out += '}';
}

}  // namespace bazar::json::detail

namespace bazar::json {

template <class T>
void encode(std::string& out, const T& value, const Format& format) {
  detail::Writer{out, format}.write(value);
}

template <class T>
std::string encode(const T& value, const Format& format) {
  std::string out;
  encode(out, value, format);
  return out;
}

}  // namespace bazar::json
