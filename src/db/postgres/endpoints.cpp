#include "db/postgres/endpoints.hpp"

#include <libpq-fe.h>

#include <memory>
#include <stdexcept>

namespace bazar::db::postgres {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

Settings parse_settings(const std::string& url) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(url.c_str(), &message), &PQconninfoFree);
  PQfreemem(message);
  if (!options) throw std::invalid_argument("the database's connection string cannot be read");
  Settings settings;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) settings.emplace_back(option->keyword, option->val);
  }
  return settings;
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> items;
  std::size_t begin = 0;
  for (;;) {
    const std::size_t comma = list.find(',', begin);
    items.push_back(list.substr(begin, comma - begin));
    if (comma == std::string::npos) return items;
    begin = comma + 1;
  }
}

/// Takes a setting out; empty where there is none.
std::vector<std::string> take(Settings& settings, std::string_view keyword) {
  for (auto each = settings.begin(); each != settings.end(); ++each) {
    if (each->first != keyword) continue;
    std::vector<std::string> items = split(each->second);
    settings.erase(each);
    return items;
  }
  return {};
}

}  // namespace

std::vector<Endpoint> parse_endpoints(const std::string& url) {
  Settings common = parse_settings(url);
  const auto hosts = take(common, "host"), addresses = take(common, "hostaddr"), ports = take(common, "port");
  const std::size_t count = std::max({hosts.size(), addresses.size(), std::size_t{1}});
  const bool fits = (hosts.empty() || hosts.size() == count) &&
                    (addresses.empty() || addresses.size() == count) &&
                    (ports.size() <= 1 || ports.size() == count);
  if (!fits) throw std::invalid_argument("the connection string names not as many ports as hosts");
  std::vector<Endpoint> endpoints;
  for (std::size_t i = 0; i < count; ++i) {
    Endpoint endpoint{.name = "", .settings = common};
    const auto set = [&](const char* keyword, const std::vector<std::string>& values) {
      if (values.empty()) return;
      const std::string& value = values.size() == 1 ? values[0] : values[i];
      if (value.empty()) return;
      endpoint.settings.emplace_back(keyword, value);
      endpoint.name += (endpoint.name.empty() ? "" : ":") + value;
    };
    set("host", hosts);
    set("hostaddr", addresses);
    set("port", ports);
    if (endpoint.name.empty()) endpoint.name = "the local server";
    endpoints.push_back(std::move(endpoint));
  }
  return endpoints;
}

}  // namespace bazar::db::postgres
