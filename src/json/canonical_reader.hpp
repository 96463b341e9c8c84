#pragma once

#include <array>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <charconv>
#include <concepts>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/money.hpp"
#include "json/members.hpp"
#include "json/types.hpp"

namespace bazar::json::detail {

/// Reads what encode.hpp writes, in one pass and without a document in between: no white space, members in
/// the order of their description, numbers without exponents, of escapes only \" and \\. Nearly every text
/// comes from this store's own encoder. Where a function returns false, nothing is said about the text, which
/// may have another form or a fault: Reader tells. What is read here, Reader reads to the same value.
class CanonicalReader {
 public:
  CanonicalReader(std::string_view text, Format format)
      : at_(text.data()), end_(text.data() + text.size()), format_(format) {}

  /// The whole text.
  template <class T>
  [[nodiscard]] bool read_all(T& out) {
    return read(out) && at_ == end_;
  }

 private:
  [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  [[nodiscard]] bool skip(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  [[nodiscard]] bool skip(std::string_view token) {
    if (left() < token.size() || std::memcmp(at_, token.data(), token.size()) != 0) return false;
    at_ += token.size();
    return true;
  }
  /// Whether a number begins here as JSON has it: with a digit, and not with a zero before others.
  [[nodiscard]] bool begins_number(const char* digits) const;

  bool read(bool& out);
  bool read(std::string& out);
  bool read_escaped(std::string& out);
  bool read_amount(std::int64_t max, Money& out);
  bool read(Money& out) { return read_amount(Money::max, out); }
  bool read(MoneySum& out) { return read_amount(MoneySum::max, out); }
  bool read(BookId& out) { return read(out.value) && out.value >= 1 && out.value <= BookId::max; }
  bool read(OrderId& out);
  bool read(WallTime& out);

  template <std::integral T>
  bool read(T& out) {
    if (!begins_number(at_ != end_ && *at_ == '-' ? at_ + 1 : at_)) return false;
    const auto [stop, fault] = std::from_chars(at_, end_, out);
    at_ = stop;  // a fraction or an exponent there is not what comes next
    return fault == std::errc{};
  }

  template <class T>
  bool read(std::vector<T>& out) {
    const bool outermost = !std::exchange(within_array_, true);
    const char* const begin = at_;
    if (!skip('[')) return false;
    if (skip(']')) return true;
    do {
      if (!read(out.emplace_back())) return false;
      // As many of this size as the rest of the text has room for.
      if (outermost && out.size() == 1) out.reserve(1 + left() / static_cast<std::size_t>(at_ - begin));
    } while (skip(','));
    return skip(']');
  }

  template <class T>
  bool read(OrNull<T>& out) {
    return skip("null") || read(out.value.emplace());
  }

  template <class T>
  bool read(Patch<T>& out) {
    out.present = true;
    return skip("null") || read(out.value.emplace());
  }

  template <class T>
  bool read(std::optional<T>& out) {
    return read(out.emplace());
  }

  template <class T>
    requires boost::describe::has_describe_members<T>::value
  bool read(T& out) {
    char before = '{';
    bool good = true;
    boost::mp11::mp_for_each<Members<T>>([&](auto member) {
      if (!good) return;
      constexpr auto& name = quoted_name<decltype(member)>;
      using Value = std::remove_cvref_t<decltype(out.*member.pointer)>;
      if (left() > name.size() && *at_ == before && std::memcmp(at_ + 1, name.data(), name.size()) == 0) {
        at_ += 1 + name.size();
        before = ',';
        good = read(out.*member.pointer);
      } else {
        good = may_be_absent<Value>;
      }
    });
    return good && (before == ',' || skip('{')) && skip('}');
  }

  const char* at_;
  const char* end_;
  Format format_;
  bool within_array_ = false;
};

}  // namespace bazar::json::detail
