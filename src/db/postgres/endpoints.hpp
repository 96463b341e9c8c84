#pragma once

#include <string>
#include <utility>
#include <vector>

namespace bazar::db::postgres {

/// What libpq is told to connect to one server: keywords and values.
struct Endpoint {
  std::string name;  ///< host and port, for people; no secrets
  std::vector<std::pair<std::string, std::string>> settings;
};

/// The servers that a connection string names (`postgresql://h1,h2:5433/db?…` or `host=… dbname=…`), each by
/// itself: libpq would wait for a silent one without end before it tries the next. Throws
/// std::invalid_argument, without repeating the string, which may hold a password.
[[nodiscard]] std::vector<Endpoint> parse_endpoints(const std::string& url);

}  // namespace bazar::db::postgres
