#pragma once

// What moves orders from one engine to another: the schema in PostgreSQL, for `bazar copy` and `bazar
// migrate`.
#include "orders/postgres_store.hpp"  // IWYU pragma: export
