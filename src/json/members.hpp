#pragma once

#include <algorithm>
#include <array>
#include <boost/describe/members.hpp>
#include <boost/describe/modifiers.hpp>
#include <optional>
#include <string_view>

#include "json/types.hpp"

namespace bazar::json::detail {

/// A described struct's members, those of its bases first.
template <class T>
using Members =
    boost::describe::describe_members<T, boost::describe::mod_any_access | boost::describe::mod_inherited>;

/// `"name":`
template <class Member>
inline constexpr auto quoted_name = [] {
  constexpr std::string_view name = Member::name;
  std::array<char, name.size() + 3> text{};
  text[0] = '"';
  std::copy(name.begin(), name.end(), text.begin() + 1);
  text[name.size() + 1] = '"';
  text[name.size() + 2] = ':';
  return text;
}();

template <class T>
inline constexpr bool may_be_absent = false;
template <class T>
inline constexpr bool may_be_absent<std::optional<T>> = true;
template <class T>
inline constexpr bool may_be_absent<Patch<T>> = true;

}  // namespace bazar::json::detail
