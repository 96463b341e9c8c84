#pragma once

#include "base/clock.hpp"
#include "base/money.hpp"
#include "db/sqlite/database.hpp"
#include "db/sqlite/lock_file.hpp"
#include "db/sqlite/writer_lock.hpp"

namespace bazar::catalog {

/// What an opened catalog database says of itself; does not change while it is open.
struct CatalogIdentity {
  std::string epoch;
  Currency currency;
};

/// Brings the schema up to date; a new database gets `currency`. Takes `open_mark` shared, to be kept while
/// the database is open. Who finds that nobody else has it open makes a new epoch: the file may have been put
/// back from a copy since it was last open, and so be behind what front-ends have cached.
CatalogIdentity prepare_catalog(db::Database& database, db::WriterLock& lock, db::LockFile& open_mark,
                                const Currency& currency);

/// How verdicts and states stand in the database. Never renumber.
namespace stored {
enum class LedgerReason : std::uint8_t { initial = 0, arrival = 1, correction = 2, deletion = 3 };
enum class KeyKind : std::uint8_t { create = 0, adjust_stock = 1 };
}  // namespace stored

}  // namespace bazar::catalog
