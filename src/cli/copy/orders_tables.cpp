#include <array>

#include "cli/copy/tables.hpp"

namespace bazar::cli {
namespace {

constexpr std::array tables = {
    CopiedTable{"orders",
                6,
                CopyKey::uuid,
                "00000000000000000000000000000000",
                "SELECT count(*) FROM orders",
                "SELECT lower(hex(order_id)), name, currency, lines, CAST(total AS TEXT), CAST(ordered_at AS "
                "TEXT) FROM orders "
                "WHERE order_id > ? ORDER BY order_id LIMIT ?",
                {"copy_orders",
                 "INSERT INTO orders(order_id, name, currency, lines, total, ordered_at) SELECT a::uuid, b, "
                 "c, d, e::bigint, "
                 "f::bigint FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], "
                 "$6::text[]) AS r(a, b, c, d, e, f)"},
                {"reread_orders",
                 "SELECT replace(order_id::text, '-', ''), name, currency, lines, total::text, "
                 "ordered_at::text FROM orders "
                 "WHERE order_id > $1::text::uuid ORDER BY order_id LIMIT $2"}}};

}  // namespace

std::span<const CopiedTable> orders_tables() { return tables; }

}  // namespace bazar::cli
