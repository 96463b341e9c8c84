#pragma once

#include "base/money.hpp"
#include "db/postgres/connection.hpp"

namespace bazar::catalog {

/// The writers of one database take turns on this advisory lock, each for one transaction.
inline constexpr std::int64_t writers_lock = 0x62617a6172'0001;  // "bazar", 1

/// Brings the schema up to date; a new database gets `currency`. Returns the one that it has. Throws
/// Unavailable with what is wrong: see db::postgres::migrate.
Task<Currency> prepare_catalog(db::postgres::Connection& connection, Currency currency, SteadyTime deadline);

/// The epoch as clients see it: of what the database says of itself (`stored`, and the number of the table
/// that says it, which a restored dump changes) and of the server that answers. A promotion, a restore to a
/// point in time and a start from a cold copy each end it (docs/adr/0013-postgresql-engine.md).
[[nodiscard]] std::string epoch_of(const db::postgres::ServerIdentity& server, std::string_view stored);

}  // namespace bazar::catalog
