#pragma once

#include <cstdint>
#include <span>

#include "db/postgres/connection.hpp"
#include "db/sqlite/database.hpp"

namespace bazar::cli {

enum class CopyKey : std::uint8_t {
  text,
  uuid,  ///< a BLOB of 16 bytes in SQLite, which finds it by index only as such; its hexadecimal digits are
         ///< the key
};

/// How one table goes from SQLite to PostgreSQL. All values travel as text, the same text on both sides, so
/// that one digest is comparable with the other. The first column is the key: unique, and ordered alike on
/// both sides.
struct CopiedTable {
  const char* name;
  int columns;
  CopyKey key;
  const char* first_key;           ///< below every key
  db::Sql count;                   ///< rows in the source, however they are paged
  db::Sql read;                    ///< (key, limit): the rows after a key
  db::postgres::Statement write;   ///< ($1 … $columns: text[]): inserts rows
  db::postgres::Statement reread;  ///< ($1: key, $2: limit): the rows after a key, as `read`
};

/// In an order in which every row's references exist when it comes.
[[nodiscard]] std::span<const CopiedTable> catalog_tables();
[[nodiscard]] std::span<const CopiedTable> orders_tables();

}  // namespace bazar::cli
