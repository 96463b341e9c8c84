#pragma once

#include "base/clock.hpp"
#include "base/money.hpp"
#include "db/sqlite/database.hpp"
#include "db/sqlite/writer_lock.hpp"

namespace bazar::catalog {

/// What an opened catalog database says of itself; does not change while it is open.
struct CatalogIdentity {
  std::string epoch;
  Currency currency;
};

/// Brings the schema up to date; a new database gets a random epoch and `currency`.
CatalogIdentity prepare_catalog(db::Database& database, db::WriterLock& lock, const Currency& currency);

/// How verdicts and states stand in the database. Never renumber.
namespace stored {
enum class LedgerReason : std::uint8_t { initial = 0, arrival = 1, correction = 2, deletion = 3 };
enum class KeyKind : std::uint8_t { create = 0, adjust_stock = 1 };
}  // namespace stored

}  // namespace bazar::catalog
