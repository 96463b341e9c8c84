#include "catalog/sqlite/schema.hpp"

#include <array>
#include <mutex>

#include "base/random.hpp"
#include "db/sqlite/migrations.hpp"

namespace bazar::catalog {
namespace {

// Stock is apart from the wide book row: sales dirty only its narrow pages. Its version is the book's.
constexpr db::Migration books{"books", R"sql(
CREATE TABLE meta(
  id INTEGER PRIMARY KEY CHECK (id = 1),
  revision INTEGER NOT NULL,
  listing_revision INTEGER NOT NULL,
  next_book_id INTEGER NOT NULL,
  epoch TEXT NOT NULL,
  currency TEXT NOT NULL,
  decimals INTEGER NOT NULL
) STRICT;

CREATE TABLE books(
  id INTEGER PRIMARY KEY CHECK (id > 0),
  title TEXT NOT NULL,
  topic TEXT NOT NULL,
  price INTEGER NOT NULL CHECK (price >= 0),
  authors TEXT,
  isbn TEXT,
  year INTEGER,
  language TEXT,
  description TEXT
) STRICT;
CREATE UNIQUE INDEX books_isbn ON books(isbn) WHERE isbn IS NOT NULL;
CREATE INDEX books_topic ON books(topic);

CREATE TABLE stock(
  id INTEGER PRIMARY KEY REFERENCES books(id) ON DELETE CASCADE,
  quantity INTEGER NOT NULL CHECK (quantity BETWEEN 0 AND 1000000000),
  version INTEGER NOT NULL
) STRICT;

CREATE VIEW shelf AS
  SELECT b.id, b.title, b.topic, b.price, s.quantity, s.version, b.authors, b.isbn, b.year, b.language, b.description
  FROM books AS b JOIN stock AS s USING (id);

CREATE TABLE import_keys(key TEXT PRIMARY KEY, book_id INTEGER NOT NULL) STRICT, WITHOUT ROWID;
)sql"};

// Counted by triggers, so that the list of topics does not read every book.
constexpr db::Migration topics{"topics", R"sql(
CREATE TABLE topics(topic TEXT PRIMARY KEY, books INTEGER NOT NULL CHECK (books > 0)) STRICT, WITHOUT ROWID;

CREATE TRIGGER topics_insert AFTER INSERT ON books BEGIN
  INSERT INTO topics VALUES(new.topic, 1) ON CONFLICT(topic) DO UPDATE SET books = books + 1;
END;
CREATE TRIGGER topics_delete AFTER DELETE ON books BEGIN
  DELETE FROM topics WHERE topic = old.topic AND books = 1;
  UPDATE topics SET books = books - 1 WHERE topic = old.topic;
END;
CREATE TRIGGER topics_update AFTER UPDATE OF topic ON books WHEN old.topic <> new.topic BEGIN
  DELETE FROM topics WHERE topic = old.topic AND books = 1;
  UPDATE topics SET books = books - 1 WHERE topic = old.topic;
  INSERT INTO topics VALUES(new.topic, 1) ON CONFLICT(topic) DO UPDATE SET books = books + 1;
END;
)sql"};

// External content: the index keeps no copy of the texts, and must be told the old ones when they go.
constexpr db::Migration search{"search", R"sql(
CREATE VIRTUAL TABLE books_fts USING fts5(
  title, authors, topic, content = 'books', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3');

CREATE TRIGGER books_fts_insert AFTER INSERT ON books BEGIN
  INSERT INTO books_fts(rowid, title, authors, topic) VALUES(new.id, new.title, new.authors, new.topic);
END;
CREATE TRIGGER books_fts_delete AFTER DELETE ON books BEGIN
  INSERT INTO books_fts(books_fts, rowid, title, authors, topic)
    VALUES('delete', old.id, old.title, old.authors, old.topic);
END;
CREATE TRIGGER books_fts_update AFTER UPDATE OF title, authors, topic ON books
WHEN old.title <> new.title OR old.topic <> new.topic OR old.authors IS NOT new.authors BEGIN
  INSERT INTO books_fts(books_fts, rowid, title, authors, topic)
    VALUES('delete', old.id, old.title, old.authors, old.topic);
  INSERT INTO books_fts(rowid, title, authors, topic) VALUES(new.id, new.title, new.authors, new.topic);
END;
)sql"};

// A refused sale keeps its key but no order id: nothing was ordered. What is not yet projected is a small
// table of its own (an outbox), because clearing a flag in `sales` would write the row's page a second time.
// Lines are JSON: an array of SoldLine or RefusedLine.
constexpr db::Migration sales{"sales", R"sql(
CREATE TABLE sales(
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  order_id BLOB UNIQUE CHECK (length(order_id) = 16),
  fingerprint TEXT NOT NULL,
  name TEXT NOT NULL,
  lines TEXT NOT NULL,
  verdict INTEGER NOT NULL,
  sold_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  CHECK ((verdict = 0) = (order_id IS NOT NULL))
) STRICT;
CREATE INDEX sales_refused ON sales(sold_at) WHERE order_id IS NULL;

CREATE TABLE unprojected_sales(id INTEGER PRIMARY KEY REFERENCES sales(id)) STRICT;
)sql"};

constexpr db::Migration records{"ledger and keys", R"sql(
CREATE TABLE ledger(
  id INTEGER PRIMARY KEY,
  book_id INTEGER NOT NULL,
  delta INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE write_keys(
  kind INTEGER NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  refusal INTEGER,
  available INTEGER,
  quantity INTEGER,
  version INTEGER,
  book TEXT,
  at INTEGER NOT NULL,
  PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX write_keys_at ON write_keys(at);
)sql"};

constexpr db::Migration members{"members", R"sql(
CREATE TABLE members(
  role INTEGER NOT NULL,
  name TEXT NOT NULL,
  incarnation TEXT NOT NULL,
  url TEXT NOT NULL,
  control_url TEXT NOT NULL,
  state INTEGER NOT NULL,
  lease_ms INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (role, name, incarnation)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_not_gone ON members(role) WHERE state <> 2;
)sql"};

// The sales of a batch stand one after the other, and are projected together: a range says in one row what
// would be a row to write, to find and to delete a sale.
constexpr db::Migration outbox_of_ranges{"outbox of ranges", R"sql(
CREATE TABLE unprojected_ranges(
  first_id INTEGER PRIMARY KEY,
  last_id INTEGER NOT NULL CHECK (last_id >= first_id)
) STRICT;
INSERT INTO unprojected_ranges SELECT id, id FROM unprojected_sales;
DROP TABLE unprojected_sales;
)sql"};

constexpr std::array history{books, topics, search, sales, records, members, outbox_of_ranges};

}  // namespace

CatalogIdentity prepare_catalog(db::Database& database, db::WriterLock& lock, db::LockFile& open_mark,
                                const Currency& currency) {
  db::migrate(database, lock, history);
  {
    const std::lock_guard hold(lock);
    const bool alone = open_mark.try_lock();
    database.run("INSERT INTO meta VALUES(1, 0, 0, 1, ?, ?, ?) ON CONFLICT DO NOTHING", random_hex(16),
                 currency.code, static_cast<std::int64_t>(currency.decimals));
    if (alone) database.run("UPDATE meta SET epoch = ?", random_hex(16));
    open_mark.lock_shared();
  }
  db::Query identity = database.query("SELECT epoch, currency, decimals FROM meta");
  identity.next();
  return {identity.text(0), {identity.text(1), static_cast<unsigned>(identity.integer(2))}};
}

}  // namespace bazar::catalog
