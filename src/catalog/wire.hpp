#pragma once

#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <vector>

#include "catalog/book.hpp"
#include "catalog/membership/member.hpp"
#include "catalog/sale.hpp"
#include "json/types.hpp"

/// The bodies of the catalog's HTTP interface, one definition for the server (api) and the client, so that
/// the two cannot drift apart.
namespace bazar::catalog::wire {

inline constexpr std::size_t max_batch_ids = 1'000;
inline constexpr std::size_t max_import_items = 1'000;
inline constexpr std::size_t max_sales = 2'000;
inline constexpr std::size_t max_projected = 50'000;
inline constexpr std::size_t default_page = 100;
inline constexpr std::size_t max_page = 1'000;
inline constexpr std::size_t max_query_bytes = 512;
inline constexpr std::size_t batch_body_bytes = std::size_t{8} << 20;

/// Revision and epoch of the snapshot that a read was answered from.
inline constexpr auto as_of_header = "Bazar-As-Of";
inline constexpr auto epoch_header = "Bazar-Epoch";
/// The store's currency, by which a reader knows how many decimals prices have.
inline constexpr auto currency_header = "Bazar-Currency";

/// `GET /books` with `full=1`.
struct BookList {
  std::optional<std::string> topic;
  std::vector<Book> books;
  json::OrNull<std::string> next;
  std::optional<std::int64_t> total;  ///< of a full-text search
};
BOOST_DESCRIBE_STRUCT(BookList, (), (topic, books, next, total))

/// `GET /books`.
struct TitleList {
  std::optional<std::string> topic;
  std::vector<BookTitle> books;
  json::OrNull<std::string> next;
  std::optional<std::int64_t> total;
};
BOOST_DESCRIBE_STRUCT(TitleList, (), (topic, books, next, total))

/// `GET /books?ids=…`.
struct BookBatch {
  std::vector<Book> books;
  std::vector<BookId> missing;
};
BOOST_DESCRIBE_STRUCT(BookBatch, (), (books, missing))

struct TopicList {
  std::vector<Topic> topics;
};
BOOST_DESCRIBE_STRUCT(TopicList, (), (topics))

struct StockDelta {
  std::int64_t delta = 0;
};
BOOST_DESCRIBE_STRUCT(StockDelta, (), (delta))

struct StockLevel {
  std::int64_t quantity = 0;
  Revision version = 0;
};
BOOST_DESCRIBE_STRUCT(StockLevel, (), (quantity, version))

struct ImportRow {
  std::string key;
  BookDraft book;
};
BOOST_DESCRIBE_STRUCT(ImportRow, (), (key, book))

struct ImportRequest {
  std::vector<ImportRow> items;
};
BOOST_DESCRIBE_STRUCT(ImportRequest, (), (items))

struct ImportResult {
  std::string result;  ///< created, present, id_taken, invalid
  std::optional<std::string> field;
  std::optional<std::string> detail;
};
BOOST_DESCRIBE_STRUCT(ImportResult, (), (result, field, detail))

struct ImportResults {
  std::vector<ImportResult> results;
};
BOOST_DESCRIBE_STRUCT(ImportResults, (), (results))

struct SalesRequest {
  std::vector<SaleRequest> sales;
  std::optional<std::vector<OrderId>> projected;
};
BOOST_DESCRIBE_STRUCT(SalesRequest, (), (sales, projected))

/// A first decision: a Verdict's name with the members of the sale, or with the lines that were refused.
struct Decision {
  std::string outcome;
  std::optional<OrderId> order_id;
  std::optional<std::string> name;
  std::optional<std::string> currency;
  std::optional<std::vector<SoldLine>> lines;
  std::optional<WallTime> sold_at;
  std::optional<Revision> version;
  std::optional<std::vector<RefusedLine>> refused;
};
BOOST_DESCRIBE_STRUCT(Decision, (), (outcome, order_id, name, currency, lines, sold_at, version, refused))

/// A decision, or `replayed` with the first one.
struct Outcome : Decision {
  std::optional<Decision> first;
};
BOOST_DESCRIBE_STRUCT(Outcome, (Decision), (first))

struct Outcomes {
  std::vector<Outcome> outcomes;
};
BOOST_DESCRIBE_STRUCT(Outcomes, (), (outcomes))

struct SaleList {
  std::vector<Sale> sales;
};
BOOST_DESCRIBE_STRUCT(SaleList, (), (sales))

struct Registration {
  std::string url;
  std::optional<std::string> control_url;
  std::string incarnation;
};
BOOST_DESCRIBE_STRUCT(Registration, (), (url, control_url, incarnation))

struct Member {
  std::string role;
  std::string name;
  std::string url;
  std::string control_url;
  std::string incarnation;
  std::string state;
};
BOOST_DESCRIBE_STRUCT(Member, (), (role, name, url, control_url, incarnation, state))

struct MemberList {
  std::vector<Member> members;
};
BOOST_DESCRIBE_STRUCT(MemberList, (), (members))

[[nodiscard]] Outcome to_wire(const SaleOutcome& outcome);
/// Empty where the parts do not make an outcome. `key` is that of the request: it is not sent back.
[[nodiscard]] std::optional<SaleOutcome> from_wire(const Outcome& outcome, const std::string& key);

[[nodiscard]] Member to_wire(const catalog::Member& member);
/// Empty where role or state is none that this release knows.
[[nodiscard]] std::optional<catalog::Member> from_wire(const Member& member);

}  // namespace bazar::catalog::wire
