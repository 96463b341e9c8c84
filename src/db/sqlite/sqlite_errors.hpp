#pragma once

#include <string>

namespace SQLite {
class Exception;
}

namespace bazar::db {

/// Throws what an SQLite error means to the store: `Unavailable`, with a text for people, where the disk is
/// full, the disk or file fails, or the file is locked; anything else (a constraint, bad SQL) is a bug and is
/// thrown on as it is.
[[noreturn]] void throw_database_error(const SQLite::Exception& error);

}  // namespace bazar::db
