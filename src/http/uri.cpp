#include "http/uri.hpp"

#include "base/text.hpp"
#include "http/syntax.hpp"

namespace bazar::http {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

Target split(std::string_view text) {
  const std::size_t path_end = std::min(text.find('?'), text.size());
  return {text.substr(0, path_end), text.substr(std::min(path_end + 1, text.size()))};
}

}  // namespace

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F && c != '%'; });
}

std::optional<std::string> percent_decode(std::string_view text, PlusSign plus) {
  if (is_plain(text) && (plus == PlusSign::literal || text.find('+') == std::string_view::npos))
    return std::string(text);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i] == '+' && plus == PlusSign::space ? ' ' : text[i];
    }
  }
  if (!is_utf8(out) || has_control_characters(out)) return std::nullopt;
  return out;
}

bool decode_query(std::string_view text, std::vector<std::pair<std::string, std::string>>& out) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    if (out.size() == max_query_parameters) return false;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = percent_decode(pair.substr(0, equals), PlusSign::space);
    auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), PlusSign::space);
    if (!name || !value) return false;
    out.emplace_back(*std::move(name), *std::move(value));
  }
  return true;
}

std::optional<Target> parse_target(Method method, std::string_view target) {
  if (target.find('#') != std::string_view::npos) return std::nullopt;
  if (target.starts_with('/')) return split(target);
  if (target == "*") return method == Method::options ? std::optional(split(target)) : std::nullopt;
  constexpr std::string_view scheme = "http://";
  if (target.size() <= scheme.size() || !equal_ignoring_case(target.substr(0, scheme.size()), scheme)) {
    return std::nullopt;
  }
  const std::string_view rest = target.substr(scheme.size());
  const std::size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view authority = rest.substr(0, authority_end);
  if (authority.empty() || authority.find('@') != std::string_view::npos) return std::nullopt;
  Target parts = split(rest.substr(authority_end));
  if (parts.path.empty()) {
    const bool whole_server = method == Method::options && authority_end == rest.size();
    parts.path = whole_server ? "*" : "/";
  }
  return parts;
}

}  // namespace bazar::http
