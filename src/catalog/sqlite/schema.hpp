#pragma once

#include "base/clock.hpp"
#include "base/money.hpp"
#include "catalog/writes/write_batch.hpp"
#include "db/sqlite/database.hpp"
#include "db/sqlite/lock_file.hpp"
#include "db/sqlite/writer_lock.hpp"

namespace bazar::catalog {

/// Brings the schema up to date; a new database gets `currency`. Takes `open_mark` shared, to be kept while
/// the database is open. Who finds that nobody else has it open makes a new epoch: the file may have been put
/// back from a copy since it was last open, and so be behind what front-ends have cached.
CatalogIdentity prepare_catalog(db::Database& database, db::WriterLock& lock, db::LockFile& open_mark,
                                const Currency& currency);

}  // namespace bazar::catalog
