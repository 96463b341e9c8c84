#include "cli/copy/copier.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base/digest.hpp"
#include "base/failpoint.hpp"
#include "cli/failure.hpp"

namespace bazar::cli {
namespace {

using db::postgres::Pipeline;
using db::postgres::Results;
using db::postgres::Statement;

constexpr milliseconds patience{60'000};

constexpr Statement find_progress{"find_progress",
                                  "SELECT last_key, copied FROM copy_progress WHERE table_name = $1"};
constexpr Statement note_progress{
    "note_progress",
    "INSERT INTO copy_progress(table_name, last_key, copied) VALUES($1, $2, $3) "
    "ON CONFLICT (table_name) DO UPDATE SET last_key = excluded.last_key, copied = excluded.copied"};
constexpr Statement count_progress{
    "count_progress",
    "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'copy_progress'"};

SteadyTime deadline() { return SystemClock{}.now() + patience; }

/// Lengths keep a value from running into the next; a NULL is no empty text.
void append(std::string& text, const std::optional<std::string>& value) {
  text += value ? fmt::format("{}:{}", value->size(), *value) : "-";
}

std::vector<std::uint8_t> bytes_of(std::string_view hex) {
  std::vector<std::uint8_t> bytes(hex.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    std::from_chars(hex.data() + 2 * i, hex.data() + 2 * i + 2, bytes[i], 16);
  return bytes;
}

std::string extend(const std::string& digest,
                   const std::vector<std::vector<std::optional<std::string>>>& columns) {
  std::string text = digest;
  for (std::size_t row = 0; row < columns.front().size(); ++row) {
    for (const auto& column : columns) append(text, column[row]);
  }
  return sha256_hex(text);
}

}  // namespace

Copier::Copier(db::Database& source, db::postgres::Connection& target, Report report)
    : source_(source), target_(target), report_(std::move(report)) {}

Task<void> Copier::begin(db::postgres::Connection& target, std::span<const CopiedTable> tables) {
  Pipeline ask;
  ask.add(count_progress);
  const Results answers = co_await target.run(std::move(ask), deadline());
  if (answers[0].only().integer(0) > 0) co_return;
  for (const CopiedTable& table : tables) {
    const Rows rows = co_await read_target(target, table, table.first_key);
    if (!rows.front().empty()) {
      throw Failure(fmt::format(
          "the target is not empty: its table {} has rows that no copy brought; name a new database",
          table.name));
    }
  }
  co_await target.run_script(
      "CREATE TABLE copy_progress(table_name text PRIMARY KEY, last_key text NOT NULL, copied bigint NOT "
      "NULL)",
      deadline());
}

Task<std::int64_t> Copier::copy(const CopiedTable& table) {
  auto [last_key, copied] = co_await progress(table);
  for (;;) {
    Rows columns = read_source(table, last_key);
    const auto rows = static_cast<std::int64_t>(columns.front().size());
    if (rows == 0) co_return copied;
    last_key = columns.front().back().value();
    copied += rows;
    co_await write(table, std::move(columns), copied);
    failpoint::reached("copy.after_chunk");
    report_(table.name, copied);
  }
}

Task<TableCopy> Copier::verify(const CopiedTable& table) {
  TableCopy there{.table = table.name, .rows = 0, .digest = {}};
  TableCopy here = there;
  std::string key = table.first_key;
  for (;;) {
    const Rows mine = read_source(table, key);
    const Rows theirs = co_await read_target(target_, table, key);
    here.digest = extend(here.digest, mine);
    there.digest = extend(there.digest, theirs);
    here.rows += std::ssize(mine.front());
    there.rows += std::ssize(theirs.front());
    if (here.rows != there.rows || here.digest != there.digest) {
      throw Failure(fmt::format(
          "table {} differs after row {}: the source was changed while it was copied; copy anew into "
          "an empty database",
          table.name, here.rows - std::ssize(mine.front())));
    }
    if (mine.front().empty()) break;
    key = mine.front().back().value();
    report_(table.name, here.rows);
  }
  db::Query count = source_.query(table.count);
  count.next();
  if (count.integer(0) != here.rows)
    throw Failure(
        fmt::format("table {}: {} of {} rows were copied", table.name, here.rows, count.integer(0)));
  co_return here;
}

Task<void> Copier::finish(db::postgres::Connection& target) {
  co_await target.run_script("DROP TABLE copy_progress", deadline());
}

Copier::Rows Copier::read_source(const CopiedTable& table, const std::string& after) {
  const auto collect = [&table](db::Query&& row) {
    Rows columns(static_cast<std::size_t>(table.columns));
    while (row.next()) {
      for (int column = 0; column < table.columns; ++column)
        columns[static_cast<std::size_t>(column)].push_back(row.optional_text(column));
    }
    return columns;
  };
  if (table.key == CopyKey::text) return collect(source_.query(table.read, after, chunk_rows));
  const auto key = bytes_of(after);
  return collect(source_.query(table.read, db::Blob{key}, chunk_rows));
}

Task<Copier::Rows> Copier::read_target(db::postgres::Connection& target, const CopiedTable& table,
                                       std::string after) {
  Pipeline pipeline;
  pipeline.add(table.reread, after, chunk_rows);
  const Results results = co_await target.run(std::move(pipeline), deadline());
  Rows columns(static_cast<std::size_t>(table.columns));
  for (const auto row : results[0]) {
    for (int column = 0; column < table.columns; ++column)
      columns[static_cast<std::size_t>(column)].push_back(row.optional_text(column));
  }
  co_return columns;
}

Task<bool> Copier::write(const CopiedTable& table, Rows columns, std::int64_t total) {
  const std::string last_key = columns.front().back().value();
  Pipeline pipeline;
  switch (table.columns) {
    case 2:
      pipeline.add(table.write, columns[0], columns[1]);
      break;
    case 3:
      pipeline.add(table.write, columns[0], columns[1], columns[2]);
      break;
    case 6:
      pipeline.add(table.write, columns[0], columns[1], columns[2], columns[3], columns[4], columns[5]);
      break;
    case 8:
      pipeline.add(table.write, columns[0], columns[1], columns[2], columns[3], columns[4], columns[5],
                   columns[6], columns[7]);
      break;
    case 9:
      pipeline.add(table.write, columns[0], columns[1], columns[2], columns[3], columns[4], columns[5],
                   columns[6], columns[7], columns[8]);
      break;
    default:
      throw std::logic_error("no table has that many columns");
  }
  pipeline.add(note_progress, table.name, last_key, total);
  co_await target_.run(std::move(pipeline), deadline());
  co_return true;
}

Task<std::pair<std::string, std::int64_t>> Copier::progress(const CopiedTable& table) {
  Pipeline pipeline;
  pipeline.add(find_progress, table.name);
  const Results results = co_await target_.run(std::move(pipeline), deadline());
  if (results[0].empty()) co_return std::pair{std::string(table.first_key), std::int64_t{0}};
  const auto row = results[0].only();
  co_return std::pair{std::string(row.text(0)), row.integer(1)};
}

}  // namespace bazar::cli
