#include "db/postgres/errors.hpp"

#include <algorithm>
#include <array>

namespace bazar::db::postgres {
namespace {

using namespace std::string_view_literals;

// PostgreSQL's documentation, appendix A.
constexpr std::array outage_classes{
    "08"sv,  // connection exception
    "25"sv,  // invalid transaction state: read-only server, session ended for being idle in a transaction
    "28"sv,  // invalid authorization
    "3D"sv,  // no such database
    "40"sv,  // rolled back by the server: deadlock, serialization
    "53"sv,  // insufficient resources: disk, memory, connections
    "55"sv,  // not in the state for it: lock timeout
    "57"sv,  // operator intervention: shutdown, crash, cancellation
    "58"sv,  // error of the system outside
    "F0"sv,  // configuration
    "XX"sv,  // internal error, damaged data
};

}  // namespace

bool is_outage(std::string_view sqlstate) {
  return sqlstate == insufficient_privilege ||
         std::ranges::any_of(outage_classes,
                             [&](std::string_view each) { return sqlstate.starts_with(each); });
}

void throw_server_error(std::string sqlstate, const std::string& message) {
  const std::string text = "PostgreSQL: " + message + " (" + sqlstate + ")";
  if (is_outage(sqlstate)) throw ServerUnable(std::move(sqlstate), text);
  throw SqlError(std::move(sqlstate), text);
}

}  // namespace bazar::db::postgres
