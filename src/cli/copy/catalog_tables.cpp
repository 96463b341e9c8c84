#include <array>

#include "cli/copy/tables.hpp"

namespace bazar::cli {
namespace {

// A column that is shown as text sorts as text under its bare name: hence the qualified ones in ORDER BY.
// Topics and the search index are made by the target's triggers, members register anew.
constexpr std::array tables = {
    CopiedTable{"books",
                9,
                CopyKey::text,
                "0",
                "SELECT count(*) FROM books",
                "SELECT CAST(id AS TEXT), title, topic, CAST(price AS TEXT), authors, isbn, CAST(year AS "
                "TEXT), language, "
                "description FROM books WHERE id > CAST(? AS INTEGER) ORDER BY id LIMIT ?",
                {"copy_books",
                 "INSERT INTO books(id, title, topic, price, authors, isbn, year, language, description) "
                 "SELECT a::bigint, b, c, d::bigint, e, f, g::bigint, h, i FROM unnest($1::text[], "
                 "$2::text[], $3::text[], "
                 "$4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[]) AS r(a, b, c, d, "
                 "e, f, g, h, i)"},
                {"reread_books",
                 "SELECT id::text, title, topic, price::text, authors, isbn, year::text, language, "
                 "description FROM books "
                 "WHERE id > $1::text::bigint ORDER BY books.id LIMIT $2"}},
    CopiedTable{"stock",
                3,
                CopyKey::text,
                "0",
                "SELECT count(*) FROM stock",
                "SELECT CAST(id AS TEXT), CAST(quantity AS TEXT), CAST(version AS TEXT) FROM stock "
                "WHERE id > CAST(? AS INTEGER) ORDER BY id LIMIT ?",
                {"copy_stock",
                 "INSERT INTO stock(id, quantity, version) SELECT a::bigint, b::bigint, c::bigint "
                 "FROM unnest($1::text[], $2::text[], $3::text[]) AS r(a, b, c)"},
                {"reread_stock",
                 "SELECT id::text, quantity::text, version::text FROM stock WHERE id > $1::text::bigint "
                 "ORDER BY stock.id "
                 "LIMIT $2"}},
    CopiedTable{"import_keys",
                2,
                CopyKey::text,
                "",
                "SELECT count(*) FROM import_keys",
                "SELECT key, CAST(book_id AS TEXT) FROM import_keys WHERE key > ? ORDER BY key LIMIT ?",
                {"copy_import_keys",
                 "INSERT INTO import_keys(key, book_id) SELECT a, b::bigint FROM unnest($1::text[], "
                 "$2::text[]) AS r(a, b)"},
                {"reread_import_keys",
                 "SELECT key, book_id::text FROM import_keys WHERE key > $1 ORDER BY key LIMIT $2"}},
    CopiedTable{"sales",
                8,
                CopyKey::text,
                "",
                "SELECT count(*) FROM sales",
                "SELECT key, lower(hex(order_id)), fingerprint, name, lines, CAST(verdict AS TEXT), "
                "CAST(sold_at AS TEXT), "
                "CAST(version AS TEXT) FROM sales WHERE key > ? ORDER BY key LIMIT ?",
                {"copy_sales",
                 "INSERT INTO sales(key, order_id, fingerprint, name, lines, verdict, sold_at, version) "
                 "SELECT a, nullif(b, '')::uuid, c, d, e, f::smallint, g::bigint, h::bigint FROM "
                 "unnest($1::text[], $2::text[], "
                 "$3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[]) AS r(a, b, c, d, "
                 "e, f, g, h)"},
                {"reread_sales",
                 "SELECT key, coalesce(replace(order_id::text, '-', ''), ''), fingerprint, name, lines, "
                 "verdict::text, "
                 "sold_at::text, version::text FROM sales WHERE key > $1 ORDER BY key LIMIT $2"}},
    CopiedTable{
        "unprojected_sales",
        3,
        CopyKey::text,
        "",
        "SELECT coalesce(sum(last_id - first_id + 1), 0) FROM unprojected_ranges",
        "SELECT lower(hex(s.order_id)), CAST(s.version AS TEXT), CAST(s.id AS TEXT) FROM unprojected_ranges "
        "JOIN sales AS s ON s.id BETWEEN first_id AND last_id "
        "WHERE lower(hex(s.order_id)) > ? ORDER BY 1 LIMIT ?",
        {"copy_unprojected",
         "INSERT INTO unprojected_sales(order_id, version, position) SELECT a::uuid, b::bigint, c::bigint "
         "FROM unnest($1::text[], $2::text[], $3::text[]) AS r(a, b, c)"},
        {"reread_unprojected",
         "SELECT replace(order_id::text, '-', ''), version::text, position::text FROM unprojected_sales "
         "WHERE $1 = '' OR order_id > nullif($1, '')::uuid ORDER BY order_id LIMIT $2"}},
    CopiedTable{
        "ledger",
        6,
        CopyKey::text,
        "0",
        "SELECT count(*) FROM ledger",
        "SELECT CAST(id AS TEXT), CAST(book_id AS TEXT), CAST(delta AS TEXT), CAST(reason AS TEXT), "
        "CAST(revision AS TEXT), CAST(at AS TEXT) FROM ledger WHERE id > CAST(? AS INTEGER) ORDER BY id "
        "LIMIT ?",
        {"copy_ledger",
         "INSERT INTO ledger(id, book_id, delta, reason, revision, at) OVERRIDING SYSTEM VALUE "
         "SELECT a::bigint, b::bigint, c::bigint, d::smallint, e::bigint, f::bigint FROM unnest($1::text[], "
         "$2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) AS r(a, b, c, d, e, f)"},
        {"reread_ledger",
         "SELECT id::text, book_id::text, delta::text, reason::text, revision::text, at::text FROM ledger "
         "WHERE id > $1::text::bigint ORDER BY ledger.id LIMIT $2"}},
    // The key has two parts; '|' stands in no kind.
    CopiedTable{
        "write_keys",
        8,
        CopyKey::text,
        "",
        "SELECT count(*) FROM write_keys",
        "SELECT kind || '|' || key AS both, fingerprint, CAST(refusal AS TEXT), CAST(available AS TEXT), "
        "CAST(quantity AS TEXT), CAST(version AS TEXT), book, CAST(at AS TEXT) FROM write_keys "
        "WHERE kind || '|' || key > ? ORDER BY both LIMIT ?",
        {"copy_write_keys",
         "INSERT INTO write_keys(kind, key, fingerprint, refusal, available, quantity, version, book, at) "
         "SELECT split_part(a, '|', 1)::smallint, substr(a, strpos(a, '|') + 1), b, c::bigint, d::bigint, "
         "e::bigint, "
         "f::bigint, g, h::bigint FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], "
         "$6::text[], "
         "$7::text[], $8::text[]) AS r(a, b, c, d, e, f, g, h)"},
        {"reread_write_keys",
         "SELECT kind::text || '|' || key, fingerprint, refusal::text, available::text, quantity::text, "
         "version::text, "
         "book, at::text FROM write_keys WHERE (kind::text || '|' || key) COLLATE \"C\" > $1 "
         "ORDER BY (kind::text || '|' || key) COLLATE \"C\" LIMIT $2"}},
};

}  // namespace

std::span<const CopiedTable> catalog_tables() { return tables; }

}  // namespace bazar::cli
