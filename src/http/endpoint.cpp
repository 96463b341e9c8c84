#include <charconv>

#include "http/client.hpp"
#include "http/syntax.hpp"

namespace bazar::http {

std::optional<Endpoint> parse_endpoint(std::string_view url) {
  constexpr std::string_view scheme = "http://";
  if (!equal_ignoring_case(url.substr(0, scheme.size()), scheme)) return std::nullopt;
  std::string_view rest = url.substr(scheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  Endpoint endpoint;
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    boost::system::error_code error;
    const std::string address(rest.substr(1, end - 1));
    boost::asio::ip::make_address_v6(address, error);
    if (error) return std::nullopt;
    endpoint.host = address;
    rest.remove_prefix(end + 1);
  } else {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    endpoint.host = rest.substr(0, end);
    rest.remove_prefix(end);
    const bool is_name = std::ranges::all_of(endpoint.host, [](char c) {
      const char lower = to_lower(c);
      return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    });
    if (endpoint.host.empty() || !is_name) return std::nullopt;
  }
  if (rest.empty()) return endpoint;
  rest.remove_prefix(1);
  const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), endpoint.port);
  if (error != std::errc() || stop != rest.data() + rest.size() || endpoint.port == 0) return std::nullopt;
  return endpoint;
}

std::string to_url(const Endpoint& endpoint) {
  const bool is_v6 = endpoint.host.find(':') != std::string::npos;
  const std::string host = is_v6 ? "[" + endpoint.host + "]" : endpoint.host;
  return "http://" + host + ":" + std::to_string(endpoint.port);
}

}  // namespace bazar::http
