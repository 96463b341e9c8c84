#pragma once

#include "db/sqlite/database.hpp"

namespace bazar::catalog {

/// Makes of a file of the present schema one of version 6, the last whose outbox has a row for each sale.
inline void put_back_to_schema_6(db::Database& database) {
  database.run_script(R"sql(
BEGIN IMMEDIATE;
CREATE TABLE unprojected_sales(id INTEGER PRIMARY KEY REFERENCES sales(id)) STRICT;
INSERT INTO unprojected_sales
  SELECT sales.id FROM sales JOIN unprojected_ranges ON sales.id BETWEEN first_id AND last_id;
DROP TABLE unprojected_ranges;
PRAGMA user_version = 6;
COMMIT;
)sql");
}

}  // namespace bazar::catalog
