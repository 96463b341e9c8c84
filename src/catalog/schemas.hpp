#pragma once

// What moves a catalog from one engine to another: its schema on each, for `bazar copy` and `bazar migrate`.
#include "catalog/postgres/schema.hpp"  // IWYU pragma: export
#include "catalog/sqlite/schema.hpp"    // IWYU pragma: export
