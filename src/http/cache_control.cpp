#include "http/cache_control.hpp"

#include "http/syntax.hpp"

namespace bazar::http {

bool forbids_stale(const Request& request) {
  for (const auto& [name, value] : request.headers) {
    if (!equal_ignoring_case(name, "Cache-Control")) continue;
    for (std::string_view list = value; const auto directive = next_list_element(list);) {
      if (equal_ignoring_case(*directive, "no-cache")) return true;
    }
  }
  return false;
}

}  // namespace bazar::http
