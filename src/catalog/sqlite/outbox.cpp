#include "catalog/sqlite/outbox.hpp"

#include <algorithm>

namespace bazar::catalog {
namespace {

constexpr db::Sql insert_range("INSERT INTO unprojected_ranges VALUES(?, ?)");
constexpr db::Sql delete_range("DELETE FROM unprojected_ranges WHERE first_id = ?");
constexpr db::Sql select_ranges_from_behind(
    "SELECT first_id, last_id FROM unprojected_ranges WHERE first_id <= ? ORDER BY first_id DESC");
constexpr db::Sql select_sales_from("SELECT order_id, id FROM sales WHERE order_id >= ? ORDER BY order_id");

struct Range {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

std::vector<Range> ranges_of(std::span<const std::int64_t> rising) {
  std::vector<Range> ranges;
  for (const std::int64_t id : rising) {
    if (!ranges.empty() && ranges.back().last + 1 == id) {
      ranges.back().last = id;
    } else {
      ranges.push_back({id, id});
    }
  }
  return ranges;
}

// Orders that are reported together were mostly sold together: their ids are neighbours in the index, which
// is walked rather than searched anew for each.
std::vector<std::int64_t> sale_ids_of(db::Database& database, const std::vector<OrderId>& rising) {
  constexpr int max_walked = 32;
  std::vector<std::int64_t> ids;
  ids.reserve(rising.size());
  for (auto wanted = rising.begin(); wanted != rising.end();) {
    db::Query row = database.query(select_sales_from, db::Blob{wanted->bytes});
    for (int walked = 0; wanted != rising.end() && walked < max_walked; ++walked) {
      if (!row.next()) return ids;
      OrderId found;
      std::ranges::copy(row.blob(0), found.bytes.begin());
      while (wanted != rising.end() && *wanted < found) ++wanted;
      if (wanted == rising.end() || *wanted != found) continue;
      ids.push_back(row.integer(1));
      ++wanted;
      walked = 0;
    }
  }
  return ids;
}

void remove_range(db::Database& database, Range gone) {
  std::vector<Range> touched;
  {
    db::Query row = database.query(select_ranges_from_behind, gone.last);
    while (row.next() && row.integer(1) >= gone.first) touched.push_back({row.integer(0), row.integer(1)});
  }
  for (const Range& range : touched) {
    database.run(delete_range, range.first);
    if (range.first < gone.first) database.run(insert_range, range.first, gone.first - 1);
    if (range.last > gone.last) database.run(insert_range, gone.last + 1, range.last);
  }
}

}  // namespace

void add_unprojected(db::Database& database, std::span<const std::int64_t> sale_ids) {
  for (const Range& range : ranges_of(sale_ids)) database.run(insert_range, range.first, range.last);
}

void remove_projected(db::Database& database, std::vector<OrderId> order_ids) {
  std::ranges::sort(order_ids);
  std::vector<std::int64_t> sale_ids = sale_ids_of(database, order_ids);
  std::ranges::sort(sale_ids);
  for (const Range& range : ranges_of(sale_ids)) remove_range(database, range);
}

}  // namespace bazar::catalog
