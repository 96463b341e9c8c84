#include "catalog/postgres/schema.hpp"

#include <array>

#include "base/digest.hpp"
#include "base/random.hpp"
#include "db/postgres/migrations.hpp"

namespace bazar::catalog {
namespace {

using db::postgres::Migration;
using db::postgres::Pipeline;
using db::postgres::Statement;

// The same tables as in SQLite, so that one can be copied into the other. Stock is apart from the wide book
// row; a fill factor leaves its pages room for the row's next version, so that no index changes with it.
constexpr Migration books{"books", R"sql(
CREATE TABLE meta(
  id integer PRIMARY KEY CHECK (id = 1),
  revision bigint NOT NULL,
  listing_revision bigint NOT NULL,
  next_book_id bigint NOT NULL,
  epoch text NOT NULL,
  currency text NOT NULL,
  decimals integer NOT NULL
);

CREATE TABLE books(
  id bigint PRIMARY KEY CHECK (id > 0),
  title text NOT NULL,
  topic text COLLATE "C" NOT NULL,
  price bigint NOT NULL CHECK (price >= 0),
  authors text,
  isbn text UNIQUE DEFERRABLE INITIALLY DEFERRED,
  year bigint,
  language text,
  description text
);
CREATE INDEX books_topic ON books(topic, id);

CREATE TABLE stock(
  id bigint PRIMARY KEY REFERENCES books(id) ON DELETE CASCADE,
  quantity bigint NOT NULL CHECK (quantity BETWEEN 0 AND 1000000000),
  version bigint NOT NULL
) WITH (fillfactor = 50);

CREATE VIEW shelf AS
  SELECT b.id, b.title, b.topic, b.price, s.quantity, s.version, b.authors, b.isbn, b.year, b.language,
    b.description
  FROM books AS b JOIN stock AS s USING (id);

CREATE TABLE import_keys(key text COLLATE "C" PRIMARY KEY, book_id bigint NOT NULL);
)sql"};

// Counted by triggers, once a statement.
constexpr Migration topics{"topics", R"sql(
CREATE TABLE topics(topic text COLLATE "C" PRIMARY KEY, books bigint NOT NULL);

CREATE FUNCTION count_topics() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO topics SELECT topic, count(*) FROM new_rows GROUP BY topic
      ON CONFLICT (topic) DO UPDATE SET books = topics.books + excluded.books;
  END IF;
  IF TG_OP <> 'INSERT' THEN
    UPDATE topics SET books = topics.books - gone.n
      FROM (SELECT topic, count(*) AS n FROM old_rows GROUP BY topic) AS gone WHERE topics.topic = gone.topic;
    DELETE FROM topics WHERE books = 0 AND topic IN (SELECT topic FROM old_rows);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER topics_insert AFTER INSERT ON books
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_topics();
CREATE TRIGGER topics_delete AFTER DELETE ON books
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_topics();
CREATE TRIGGER topics_update AFTER UPDATE ON books
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_topics();
)sql"};

// The function keeps its search path, because a dump is restored without one. ASCII punctuation parts words
// whatever stands around it: the parser would take some for addresses, paths and numbers. What a word is
// beyond ASCII is the database's LC_CTYPE's business.
constexpr Migration search{"search", R"sql(
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE TEXT SEARCH CONFIGURATION bazar (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION bazar ALTER MAPPING FOR
  asciiword, word, numword, int, uint, sfloat, float, version WITH unaccent, simple;

CREATE FUNCTION bazar_words(words text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT AS $$
  SELECT to_tsvector('bazar', translate(words, '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32)))
$$;
ALTER TABLE books ADD COLUMN words tsvector GENERATED ALWAYS AS (
  setweight(bazar_words(title), 'A') || setweight(bazar_words(coalesce(authors, '')), 'B') ||
  setweight(bazar_words(topic), 'C')) STORED;
CREATE INDEX books_words ON books USING gin(words);
)sql"};

constexpr Migration sales{"sales", R"sql(
CREATE TABLE sales(
  key text COLLATE "C" PRIMARY KEY,
  order_id uuid UNIQUE,
  fingerprint text NOT NULL,
  name text NOT NULL,
  lines text NOT NULL,
  verdict smallint NOT NULL,
  sold_at bigint NOT NULL,
  version bigint NOT NULL,
  CHECK ((verdict = 0) = (order_id IS NOT NULL))
);
CREATE INDEX sales_refused ON sales(sold_at) WHERE order_id IS NULL;

CREATE TABLE unprojected_sales(order_id uuid PRIMARY KEY, version bigint NOT NULL, position bigint NOT NULL);
)sql"};

constexpr Migration records{"ledger and keys", R"sql(
CREATE TABLE ledger(
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  book_id bigint NOT NULL,
  delta bigint NOT NULL,
  reason smallint NOT NULL,
  revision bigint NOT NULL,
  at bigint NOT NULL
);

CREATE TABLE write_keys(
  kind smallint NOT NULL,
  key text COLLATE "C" NOT NULL,
  fingerprint text NOT NULL,
  refusal bigint,
  available bigint,
  quantity bigint,
  version bigint,
  book text,
  at bigint NOT NULL,
  PRIMARY KEY (kind, key)
);
CREATE INDEX write_keys_at ON write_keys(at);
)sql"};

constexpr Migration members{"members", R"sql(
CREATE TABLE members(
  role smallint NOT NULL,
  name text COLLATE "C" NOT NULL,
  incarnation text COLLATE "C" NOT NULL,
  url text NOT NULL,
  control_url text NOT NULL,
  state smallint NOT NULL,
  lease_ms bigint NOT NULL,
  changed_at bigint NOT NULL,
  PRIMARY KEY (role, name, incarnation)
);
CREATE INDEX members_not_gone ON members(role) WHERE state <> 2;
)sql"};

// What each writer committed last: tells one whose COMMIT was cut off whether it was done.
constexpr Migration writers{"writers", R"sql(
CREATE TABLE writers(
  writer text COLLATE "C" PRIMARY KEY,
  batch bigint NOT NULL,
  at bigint NOT NULL
) WITH (fillfactor = 10);
)sql"};

constexpr std::array history{books, topics, search, sales, records, members, writers};

constexpr Statement insert_meta{
    "insert_meta",
    "INSERT INTO meta VALUES(1, 0, 0, 1, $1::text, $2::text, $3::bigint) ON CONFLICT DO NOTHING"};
constexpr Statement select_currency{"select_currency", "SELECT currency, decimals FROM meta"};

}  // namespace

Task<Currency> prepare_catalog(db::postgres::Connection& connection, Currency currency, SteadyTime deadline) {
  co_await db::postgres::migrate(connection, "catalog", history, deadline);
  Pipeline pipeline;
  pipeline.add(insert_meta, random_hex(16), currency.code, static_cast<std::int64_t>(currency.decimals));
  pipeline.add(select_currency);
  const auto results = co_await connection.run(std::move(pipeline), deadline);
  const auto row = results.back().only();
  co_return Currency{std::string(row.text(0)), static_cast<unsigned>(row.integer(1))};
}

std::string epoch_of(const db::postgres::ServerIdentity& server, std::string_view stored) {
  std::string text(stored);
  for (const std::string& part : {server.system, server.timeline, server.started}) text += '\n' + part;
  return sha256_hex(text).substr(0, 32);
}

}  // namespace bazar::catalog
