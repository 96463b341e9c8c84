#pragma once

#include "catalog/coherence/write_round.hpp"
#include "catalog/writes/records.hpp"
#include "db/postgres/result.hpp"

namespace bazar::catalog {

inline constexpr int book_columns = 11;

/// From the columns of the view `shelf`, beginning at `first`.
[[nodiscard]] Book book_from(const db::postgres::Row& row, int first, const Currency& currency);
/// From `order_id, key, name, lines, sold_at, version, verdict` of a sale that was made.
[[nodiscard]] Sale sale_from(const db::postgres::Row& row, const Currency& currency);
/// What a sale on record was decided as, marked as a replay. From the same columns.
[[nodiscard]] SaleOutcome outcome_from(const db::postgres::Row& row, const Currency& currency);
/// From `role, name, url, control_url, incarnation, state, lease_ms, changed_at`.
[[nodiscard]] MemberRecord member_from(const db::postgres::Row& row);

/// In the form of PostgreSQL's uuid.
[[nodiscard]] inline const db::postgres::Uuid& uuid_of(const OrderId& id) { return id.bytes; }

}  // namespace bazar::catalog
