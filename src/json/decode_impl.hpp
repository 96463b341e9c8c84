#pragma once

#include <array>
#include <boost/mp11/algorithm.hpp>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/money.hpp"
#include "json/canonical_reader.hpp"
#include "json/document.hpp"
#include "json/members.hpp"

namespace bazar::json::detail {

/// Where a value stands; made into text only when something is wrong there.
struct Path {
  const Path* parent = nullptr;
  std::string_view name;  ///< of a member; empty for an element
  std::size_t index = 0;  ///< of an element
};

/// A walk over one document that stops at its first fault. The functions return false after `fail`.
struct Reader {
  const Document& document;
  Format format;
  FieldError error = {};

  [[nodiscard]] const Node& node(std::size_t at) const { return document.nodes[at]; }
  bool fail(const Path& path, std::string_view detail);
  bool unknown_member(const Path& object, std::string_view name);
  bool read_amount(std::size_t at, const Path& path, std::int64_t max, Money& out);
  bool wrong_integer(const Path& path, std::int64_t least, std::uint64_t most);

  bool read(std::size_t at, const Path& path, bool& out);
  bool read(std::size_t at, const Path& path, std::string& out);
  bool read(std::size_t at, const Path& path, Money& out) { return read_amount(at, path, Money::max, out); }
  bool read(std::size_t at, const Path& path, MoneySum& out) {
    return read_amount(at, path, MoneySum::max, out);
  }
  bool read(std::size_t at, const Path& path, BookId& out);
  bool read(std::size_t at, const Path& path, OrderId& out);
  bool read(std::size_t at, const Path& path, WallTime& out);

  template <std::integral T>
  bool read(std::size_t at, const Path& path, T& out) {
    if (node(at).type() == Kind::number) {
      const std::string_view text = node(at).text();
      const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), out);
      if (fault == std::errc{} && end == text.data() + text.size()) return true;
    }
    return wrong_integer(path, static_cast<std::int64_t>(std::numeric_limits<T>::min()),
                         static_cast<std::uint64_t>(std::numeric_limits<T>::max()));
  }

  template <class T>
  bool read(std::size_t at, const Path& path, std::vector<T>& out) {
    const Node& array = node(at);
    if (array.type() != Kind::array) return fail(path, "must be an array");
    out.resize(array.size);
    ++at;
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (!read(at, Path{&path, {}, i}, out[i])) return false;
      at = node(at).end;
    }
    return true;
  }

  template <class T>
  bool read(std::size_t at, const Path& path, OrNull<T>& out) {
    if (node(at).type() != Kind::null) return read(at, path, out.value.emplace());
    out.value.reset();
    return true;
  }

  template <class T>
  bool read(std::size_t at, const Path& path, Patch<T>& out) {
    out.present = true;
    if (node(at).type() != Kind::null) return read(at, path, out.value.emplace());
    out.value.reset();
    return true;
  }

  template <class T>
  bool read(std::size_t at, const Path& path, std::optional<T>& out) {
    return read(at, path, out.emplace());
  }

  template <class T>
    requires boost::describe::has_describe_members<T>::value
  bool read(std::size_t at, const Path& path, T& out);
};

template <class T>
  requires boost::describe::has_describe_members<T>::value
bool Reader::read(std::size_t at, const Path& path, T& out) {
  const Node& object = node(at);
  if (object.type() != Kind::object) return fail(path, "must be an object");
  std::array<bool, boost::mp11::mp_size<Members<T>>::value> seen{};

  for (++at; at < object.end; at = node(at).end) {
    const std::string_view name = node(at++).text();
    bool known = false;
    bool good = true;
    std::size_t number = 0;
    boost::mp11::mp_for_each<Members<T>>([&](auto member) {
      const std::size_t mine = number++;
      if (known || name != member.name) return;
      known = true;
      const Path here{&path, member.name};
      good = std::exchange(seen[mine], true) ? fail(here, "appears more than once")
                                             : read(at, here, out.*member.pointer);
    });
    if (!known) return unknown_member(path, name);
    if (!good) return false;
  }

  bool complete = true;
  std::size_t number = 0;
  boost::mp11::mp_for_each<Members<T>>([&](auto member) {
    using Value = std::remove_cvref_t<decltype(out.*member.pointer)>;
    if (seen[number++] || may_be_absent<Value> || !complete) return;
    complete = fail(Path{&path, member.name}, "is missing");
  });
  return complete;
}

/// Any text that is JSON of the type.
template <class T>
std::expected<T, FieldError> decode_any_form(std::string_view text, const Format& format) {
  const auto document = parse(text);
  if (!document) return std::unexpected(document.error());
  Reader reader{*document, format};
  T value{};
  if (!reader.read(0, Path{}, value)) return std::unexpected(std::move(reader.error));
  return value;
}

}  // namespace bazar::json::detail

namespace bazar::json {

template <class T>
std::expected<T, FieldError> decode(std::string_view text, const Format& format) {
  std::expected<T, FieldError> value;
  if (detail::CanonicalReader(text, format).read_all(*value)) return value;
  return detail::decode_any_form<T>(text, format);
}

}  // namespace bazar::json
