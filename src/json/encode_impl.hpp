#pragma once

#include <array>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <charconv>
#include <concepts>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/money.hpp"
#include "json/members.hpp"

namespace bazar::json::detail {

/// Writes behind the end of a string, which it makes larger than what is in it until `finish`: so a piece
/// costs no more than its bytes.
class Writer {
 public:
  Writer(std::string& out, Format format) : out_(out), format_(format) { enlarge(out.size(), least_room); }
  void finish() { out_.resize(static_cast<std::size_t>(at_ - out_.data())); }

  void write(bool value) { put(value ? std::string_view("true") : std::string_view("false")); }
  /// Between quotation marks, escaped as RFC 8259 asks. `value` is UTF-8.
  void write(std::string_view value);
  void write(const std::string& value) { write(std::string_view(value)); }
  void write(const Raw& value) { put(value.text); }
  void write(Money value) { put(to_string(value, format_.money_decimals)); }
  void write(BookId value) { write(value.value); }
  void write(const OrderId& value) { put_quoted(to_string(value)); }
  void write(WallTime value) { put_quoted(to_rfc3339(value)); }

  template <std::integral T>
    requires(!std::same_as<T, bool>)
  void write(T value) {
    constexpr std::size_t longest = std::numeric_limits<T>::digits10 + 2;
    char* const place = room(longest);
    at_ = std::to_chars(place, place + longest, value).ptr;
  }

  template <class T>
  void write(const OrNull<T>& value) {
    if (value.value) {
      write(*value.value);
    } else {
      put(std::string_view("null"));
    }
  }

  template <class T>
  void write(const std::vector<T>& values) {
    put('[');
    for (const T& value : values) {
      if (&value != values.data()) put(',');
      write(value);
    }
    put(']');
  }

  template <class T>
    requires boost::describe::has_describe_members<T>::value
  void write(const T& object);

 private:
  static constexpr std::size_t least_room = 64;

  /// Where at least `size` bytes may be written. Whoever writes moves `at_`.
  char* room(std::size_t size) {
    if (static_cast<std::size_t>(end_ - at_) < size) {
      enlarge(static_cast<std::size_t>(at_ - out_.data()), size);
    }
    return at_;
  }
  void enlarge(std::size_t used, std::size_t more);
  /// From its first byte that needs an escape on, with the closing quotation mark.
  void write_escaped(std::string_view rest);

  void put(char c) {
    *room(1) = c;
    ++at_;
  }
  void put(std::string_view text) {
    std::memcpy(room(text.size()), text.data(), text.size());
    at_ += text.size();
  }
  /// What needs no escape.
  void put_quoted(std::string_view text) {
    put('"');
    put(text);
    put('"');
  }

  std::string& out_;
  Format format_;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

template <class T>
[[nodiscard]] bool is_absent(const T&) {
  return false;
}
template <class T>
[[nodiscard]] bool is_absent(const std::optional<T>& value) {
  return !value.has_value();
}

template <class T>
  requires boost::describe::has_describe_members<T>::value
void Writer::write(const T& object) {
  char before = '{';
  boost::mp11::mp_for_each<Members<T>>([&](auto member) {
    const auto& value = object.*member.pointer;
    if (is_absent(value)) return;
    constexpr auto& name = quoted_name<decltype(member)>;
    char* const place = room(1 + name.size());
    *place = std::exchange(before, ',');
    std::memcpy(place + 1, name.data(), name.size());
    at_ += 1 + name.size();
    if constexpr (requires { value.has_value(); }) {
      write(*value);
    } else {
      write(value);
    }
  });
  if (before == '{') put('{');
  put('}');
}

}  // namespace bazar::json::detail

namespace bazar::json {

template <class T>
void encode(std::string& out, const T& value, const Format& format) {
  detail::Writer writer(out, format);
  writer.write(value);
  writer.finish();
}

template <class T>
std::string encode(const T& value, const Format& format) {
  std::string out;
  encode(out, value, format);
  return out;
}

}  // namespace bazar::json
