#include "catalog/postgres/reads.hpp"

#include <cctype>

#include "base/text.hpp"
#include "catalog/postgres/rows.hpp"
#include "catalog/postgres/schema.hpp"
#include "catalog/search_query.hpp"

namespace bazar::catalog {
namespace {

using db::postgres::Answer;
using db::postgres::Barrier;
using db::postgres::ConnectionOptions;
using db::postgres::Pipeline;
using db::postgres::Result;
using db::postgres::Row;
using db::postgres::Statement;

// Every row begins with the revision and what the database says of its epoch; a query that finds nothing has
// one row all the same, with nulls behind them.
constexpr Statement select_revision{"read_revision", "SELECT revision, epoch || tableoid::text FROM meta"};
constexpr Statement select_books{"read_books",
                                 "SELECT m.revision, m.epoch || m.tableoid::text, s.* FROM meta AS m "
                                 "LEFT JOIN shelf AS s ON s.id = ANY($1::bigint[])"};
constexpr Statement select_page{
    "read_page",
    "SELECT m.revision, m.epoch || m.tableoid::text, s.* FROM meta AS m "
    "LEFT JOIN (SELECT * FROM shelf WHERE id > $1::bigint ORDER BY id LIMIT $2::bigint) AS s ON true "
    "ORDER BY s.id"};
constexpr Statement select_topic_page{
    "read_topic_page",
    "SELECT m.revision, m.epoch || m.tableoid::text, s.*, EXISTS (SELECT 1 FROM topics WHERE topic = "
    "$1::text) "
    "FROM meta AS m LEFT JOIN (SELECT * FROM shelf WHERE topic = $1::text AND id > $2::bigint ORDER BY id "
    "LIMIT $3::bigint) AS s ON true ORDER BY s.id"};
constexpr Statement select_topics{
    "read_topics",
    "SELECT m.revision, m.epoch || m.tableoid::text, t.topic, t.books FROM meta AS m "
    "LEFT JOIN topics AS t ON true ORDER BY t.topic"};
constexpr Statement select_sale{
    "read_sale",
    "SELECT order_id, key, name, lines, sold_at, version, verdict FROM sales WHERE order_id = $1::uuid"};
// LATERAL with a limit: as a plain join, planned while the tables are empty, it goes through the whole index
// of sales once a row.
constexpr Statement select_unprojected{
    "read_unprojected",
    "SELECT s.order_id, s.key, s.name, s.lines, s.sold_at, s.version, s.verdict FROM (SELECT * FROM "
    "unprojected_sales ORDER BY version, position LIMIT $1::bigint) AS u "
    "CROSS JOIN LATERAL (SELECT * FROM sales WHERE order_id = u.order_id LIMIT 1) AS s "
    "ORDER BY u.version, u.position"};
constexpr Statement select_renewal{
    "read_renewal",
    "SELECT m.revision, m.epoch || m.tableoid::text, w.lease_ms FROM meta AS m LEFT JOIN members AS w "
    "ON w.role = $1::bigint AND w.name = $2::text AND w.incarnation = $3::text AND w.state = 0"};
constexpr Statement select_members{
    "read_members",
    "SELECT role, name, url, control_url, incarnation, state, lease_ms, changed_at FROM members AS m "
    "WHERE state <> 2 AND NOT EXISTS (SELECT 1 FROM members AS other WHERE other.role = m.role "
    "AND other.name = m.name AND (other.state < m.state OR (other.state = m.state AND "
    "(other.changed_at, other.incarnation) > (m.changed_at, m.incarnation)))) ORDER BY role, name"};
// A match in the title counts most, in few words more than in many. Very many matches are not ranked but come
// in order of id; $2 is null on the first page, where their number decides.
constexpr Statement select_matches{
    "read_matches",
    "WITH query AS MATERIALIZED (SELECT to_tsquery('bazar', $1::text) AS words), "
    "counted AS MATERIALIZED (SELECT b.id, -ts_rank('{0.1, 0.2, 0.5, 1.0}', b.words, query.words, 2)::float8 "
    "  AS score FROM books AS b, query WHERE b.words @@ query.words LIMIT $6::bigint), "
    "total AS MATERIALIZED (SELECT count(*) AS n, coalesce($2::boolean, count(*) < $6::bigint) AS ranked "
    "  FROM counted), "
    "page AS MATERIALIZED ("
    "  (SELECT id, score FROM counted WHERE (SELECT ranked FROM total) "
    "   AND (score, id) > ($3::float8, $4::bigint) ORDER BY score, id LIMIT $5::bigint) "
    "  UNION ALL (SELECT b.id, 0::float8 FROM books AS b, query WHERE NOT (SELECT ranked FROM total) "
    "   AND b.words @@ query.words AND b.id > $4::bigint ORDER BY b.id LIMIT $5::bigint)) "
    "SELECT m.revision, m.epoch || m.tableoid::text, s.*, total.n, total.ranked, page.score "
    "FROM meta AS m CROSS JOIN total LEFT JOIN page ON true LEFT JOIN shelf AS s ON s.id = page.id "
    "ORDER BY page.score, page.id"};

constexpr int first_column = 2;  ///< behind revision and epoch
constexpr int after_book = first_column + book_columns;

ConnectionOptions primary(const PostgresStoreOptions& options, const char* name) {
  return {.url = options.url, .application = name};
}

ConnectionOptions standby(const PostgresStoreOptions& options, const char* name) {
  return {.url = options.standby_url, .access = db::postgres::Access::any, .application = name};
}

ConnectionOptions browsing(const PostgresStoreOptions& options) {
  constexpr auto name = "bazar catalog browsing";
  return options.standby_url.empty() ? primary(options, name) : standby(options, name);
}

bool is_ascii_punctuation(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > ' ' && byte < 0x7F && std::isalnum(byte) == 0;
}

/// All words, the last one as a prefix; parted as the function `bazar_words` parts the texts. Empty where
/// there is none. What the parser takes for no word is left out by it.
std::string tsquery(const std::vector<std::string>& pieces) {
  std::vector<std::string> words;
  for (const std::string& piece : pieces) {
    bool inside = false;
    for (const char c : piece) {
      const bool stray = static_cast<unsigned char>(c) >= 0x80 && !is_utf8(piece);
      if (stray || is_ascii_punctuation(c)) {
        inside = false;
        continue;
      }
      if (!std::exchange(inside, true)) words.emplace_back();
      words.back() += c;
    }
  }
  std::string query;
  for (const std::string& word : words) query += (query.empty() ? "'" : " & '") + word + "'";
  if (!query.empty()) query += ":*";
  return query;
}

bool has_book(const Row& row) { return !row.is_null(first_column); }

/// The query is asked for one row more than the page holds, which tells whether there is a next page.
Page<Book> page_of(const Result& rows, std::size_t limit, const Currency& currency) {
  Page<Book> page;
  for (const Row row : rows) {
    if (!has_book(row)) break;
    if (page.items.size() == limit) {
      page.next = std::to_string(page.items.back().id.value);
      break;
    }
    page.items.push_back(book_from(row, first_column, currency));
  }
  return page;
}

SearchPage matches_of(const Result& rows, std::size_t limit, const Currency& currency) {
  SearchPage page;
  page.total = rows[0].integer(after_book);
  SearchCursor last{.ranked = rows[0].boolean(after_book + 1)};
  for (const Row row : rows) {
    if (!has_book(row)) break;
    if (page.books.size() == limit) {
      page.next = to_text(last);
      break;
    }
    page.books.push_back(book_from(row, first_column, currency));
    last.id = page.books.back().id.value;
    last.score = row.real(after_book + 2);
  }
  return page;
}

}  // namespace

struct PostgresReader::Read {
  /// Of statements whose first row begins with revision and epoch.
  Read(Answer from, bool from_standby) : answer(std::move(from)) {
    if (rows().empty()) throw Unavailable("the catalog's tables are empty");
    epoch = from_standby ? standby_epoch : epoch_of(answer.server, rows()[0].text(1));
  }

  Answer answer;
  std::string epoch;
  [[nodiscard]] const Result& rows() const { return answer.results.front(); }

  template <class T>
  [[nodiscard]] Snapshot<T> snapshot(T value) const {
    return {.value = std::move(value), .as_of = rows()[0].integer(0), .epoch = epoch};
  }
};

PostgresReader::PostgresReader(const PostgresStoreOptions& options, Currency currency, LoopExecutor executor,
                               observe::Metrics& metrics)
    : currency_(std::move(currency)),
      deadline_(options.read_deadline),
      has_standby_(!options.standby_url.empty()),
      strict_(executor, primary(options, "bazar catalog reads"), options.barrier),
      browsing_(executor, browsing(options), has_standby_ ? Barrier::never : options.barrier),
      lookups_(executor, primary(options, "bazar catalog lookups"), options.barrier,
               standby(options, "bazar catalog labelled lookups"), metrics, options.failover) {}

Task<PostgresReader::Read> PostgresReader::read_strictly(Pipeline pipeline) {
  co_return Read(co_await strict_.read(std::move(pipeline), deadline()), false);
}

Task<PostgresReader::Read> PostgresReader::look_up(Pipeline pipeline, Consistency consistency) {
  if (!has_standby_ || consistency == Consistency::strict)
    co_return co_await read_strictly(std::move(pipeline));
  auto outcome = co_await lookups_.read(std::move(pipeline));
  co_return Read(std::move(outcome.answer), outcome.from_standby);
}

Task<PostgresReader::Read> PostgresReader::browse(Pipeline pipeline) {
  co_return Read(co_await browsing_.read(std::move(pipeline), deadline()), has_standby_);
}

Task<Snapshot<EncodedBatch>> PostgresReader::books(std::vector<BookId> ids, Consistency consistency) {
  std::vector<std::int64_t> wanted;
  wanted.reserve(ids.size());
  for (const BookId id : ids) wanted.push_back(id.value);
  Pipeline pipeline;
  pipeline.add(select_books, wanted);
  const Read read = co_await look_up(std::move(pipeline), consistency);
  std::unordered_map<BookId, std::optional<Book>> found;
  for (const Row row : read.rows()) {
    if (has_book(row))
      found.emplace(BookId{row.integer(first_column)}, book_from(row, first_column, currency_));
  }
  EncodedBatch batch;
  for (const BookId id : ids) {
    const auto [place, missing] = found.try_emplace(id);
    if (missing) batch.missing.push_back(id);
    if (const auto book = std::exchange(place->second, std::nullopt))
      append(batch, *book, {.money_decimals = currency_.decimals});
  }
  co_return read.snapshot(std::move(batch));
}

Task<Snapshot<Page<Book>>> PostgresReader::list(BookId after, std::size_t limit) {
  Pipeline pipeline;
  pipeline.add(select_page, after.value, static_cast<std::int64_t>(limit) + 1);
  const Read read = co_await browse(std::move(pipeline));
  co_return read.snapshot(page_of(read.rows(), limit, currency_));
}

Task<Snapshot<std::optional<Page<Book>>>> PostgresReader::by_topic(std::string topic, BookId after,
                                                                   std::size_t limit,
                                                                   Consistency consistency) {
  Pipeline pipeline;
  pipeline.add(select_topic_page, topic, after.value, static_cast<std::int64_t>(limit) + 1);
  const Read read = co_await look_up(std::move(pipeline), consistency);
  std::optional<Page<Book>> page;
  if (read.rows()[0].boolean(after_book)) page = page_of(read.rows(), limit, currency_);
  co_return read.snapshot(std::move(page));
}

Task<Snapshot<std::expected<SearchPage, FieldError>>> PostgresReader::search(std::string query,
                                                                             std::optional<std::string> after,
                                                                             std::size_t limit) {
  using Found = std::expected<SearchPage, FieldError>;
  const auto words = search_words(query);
  const std::string expression = words ? tsquery(*words) : "";
  std::optional<SearchCursor> cursor;
  if (after) cursor = parse_cursor(*after);
  Pipeline pipeline;
  if (expression.empty() || (after && !cursor)) {
    pipeline.add(select_revision);
    const Read read = co_await browse(std::move(pipeline));
    if (!words) co_return read.snapshot(Found(std::unexpected(words.error())));
    if (after && !cursor) {
      co_return read.snapshot(Found(std::unexpected(FieldError{"after", "not a cursor of a former page"})));
    }
    co_return read.snapshot(Found(SearchPage{}));
  }
  const SearchCursor from = cursor.value_or(SearchCursor{});
  pipeline.add(select_matches, expression, cursor ? std::optional(cursor->ranked) : std::nullopt, from.score,
               from.id, static_cast<std::int64_t>(limit) + 1, max_counted_matches);
  const Read read = co_await browse(std::move(pipeline));
  co_return read.snapshot(Found(matches_of(read.rows(), limit, currency_)));
}

Task<Snapshot<std::vector<Topic>>> PostgresReader::topics() {
  Pipeline pipeline;
  pipeline.add(select_topics);
  const Read read = co_await browse(std::move(pipeline));
  std::vector<Topic> topics;
  for (const Row row : read.rows()) {
    if (!row.is_null(first_column)) {
      topics.push_back({std::string(row.text(first_column)), row.integer(first_column + 1)});
    }
  }
  co_return read.snapshot(std::move(topics));
}

Task<std::optional<Sale>> PostgresReader::sale(OrderId order_id) {
  Pipeline pipeline;
  pipeline.add(select_sale, uuid_of(order_id));
  const Answer answer = co_await strict_.read(std::move(pipeline), deadline());
  if (answer.results.front().empty()) co_return std::nullopt;
  co_return sale_from(answer.results.front().only(), currency_);
}

Task<std::vector<Sale>> PostgresReader::unprojected_sales(std::size_t limit) {
  Pipeline pipeline;
  pipeline.add(select_unprojected, static_cast<std::int64_t>(limit));
  const Answer answer = co_await strict_.read(std::move(pipeline), deadline());
  std::vector<Sale> sales;
  for (const Row row : answer.results.front()) sales.push_back(sale_from(row, currency_));
  co_return sales;
}

Task<std::expected<Grant, Refusal>> PostgresReader::renew(Role role, std::string name,
                                                          std::string incarnation) {
  Pipeline pipeline;
  pipeline.add(select_renewal, static_cast<std::int64_t>(role), name, incarnation);
  const Read read = co_await read_strictly(std::move(pipeline));
  const Row row = read.rows().only();
  if (row.is_null(first_column)) co_return std::unexpected(Refusal{Refusal::Reason::not_live});
  co_return Grant{.epoch = read.epoch, .revision = row.integer(0), .lease_ms = row.integer(first_column)};
}

Task<std::vector<Member>> PostgresReader::members() {
  Pipeline pipeline;
  pipeline.add(select_members);
  const Answer answer = co_await strict_.read(std::move(pipeline), deadline());
  std::vector<Member> members;
  for (const Row row : answer.results.front()) members.push_back(member_from(row).member);
  co_return members;
}

void PostgresReader::stop() {
  strict_.stop();
  browsing_.stop();
  lookups_.stop();
}

}  // namespace bazar::catalog
