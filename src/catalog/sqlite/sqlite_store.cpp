#include "catalog/sqlite/sqlite_store.hpp"

#include <filesystem>

#include "catalog/sqlite/reads.hpp"
#include "catalog/sqlite/writer.hpp"
#include "catalog/writes/validity.hpp"

namespace bazar::catalog {
namespace {

constexpr std::int64_t reader_cache_kib = 2 * 1024;

db::DatabaseOptions file_of(const SqliteStoreOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(options.directory, error);
  if (error) throw Unavailable("the data folder cannot be made: " + error.message());
  return {.path = (std::filesystem::path(options.directory) / "catalog.db").string(),
          .durability = options.durability,
          .vfs = options.vfs,
          .wal_pages = options.wal_pages};
}

db::DatabaseOptions for_reading(db::DatabaseOptions file) {
  file.cache_kib = reader_cache_kib;
  return file;
}

}  // namespace

class SqliteStore::Impl {
 public:
  Impl(const SqliteStoreOptions& options, Invalidator& invalidator, Refresher* refresher, const Clock& clock,
       observe::Metrics& metrics)
      : file_(file_of(options)),
        writer_(options, file_, invalidator, refresher, clock, metrics),
        readers_(for_reading(file_)) {}

  SqliteWriter& writer() { return writer_; }

  /// Runs one query in a snapshot of its own.
  template <class Query>
  auto read(Query query) {
    ReadConnections::Lease lease = readers_.acquire();
    CatalogReader reader(lease.database(), writer_.identity());
    return query(reader);
  }

  template <class T, class Query>
  Snapshot<T> snapshot(Query query) {
    return read([&](CatalogReader& reader) {
      return Snapshot<T>{
          .value = query(reader), .as_of = reader.revision(), .epoch = writer_.identity().epoch};
    });
  }

 private:
  db::DatabaseOptions file_;
  SqliteWriter writer_;
  ReadConnections readers_;
};

SqliteStore::SqliteStore(const SqliteStoreOptions& options, Invalidator& invalidator, const Clock& clock,
                         observe::Metrics& metrics, Refresher* refresher)
    : impl_(std::make_unique<Impl>(options, invalidator, refresher, clock, metrics)) {}

SqliteStore::~SqliteStore() = default;

// There is no standby: every read is strict.
Task<Snapshot<EncodedBatch>> SqliteStore::books(std::vector<BookId> ids, Consistency) {
  co_return impl_->snapshot<EncodedBatch>([&](CatalogReader& reader) { return reader.books(ids); });
}

Task<Snapshot<Page<Book>>> SqliteStore::list(BookId after, std::size_t limit) {
  co_return impl_->snapshot<Page<Book>>([&](CatalogReader& reader) { return reader.list(after, limit); });
}

Task<Snapshot<std::optional<Page<Book>>>> SqliteStore::by_topic(std::string topic, BookId after,
                                                                std::size_t limit, Consistency) {
  co_return impl_->snapshot<std::optional<Page<Book>>>(
      [&](CatalogReader& reader) { return reader.by_topic(topic, after, limit); });
}

Task<Snapshot<std::expected<SearchPage, FieldError>>> SqliteStore::search(std::string query,
                                                                          std::optional<std::string> after,
                                                                          std::size_t limit) {
  co_return impl_->snapshot<std::expected<SearchPage, FieldError>>(
      [&](CatalogReader& reader) { return reader.search(query, after, limit); });
}

Task<Snapshot<std::vector<Topic>>> SqliteStore::topics() {
  co_return impl_->snapshot<std::vector<Topic>>([](CatalogReader& reader) { return reader.topics(); });
}

Task<std::optional<Sale>> SqliteStore::sale(OrderId order_id) {
  co_return impl_->read([&](CatalogReader& reader) { return reader.sale(order_id); });
}

Task<std::vector<Sale>> SqliteStore::unprojected_sales(std::size_t limit) {
  co_return impl_->read([&](CatalogReader& reader) { return reader.unprojected_sales(limit); });
}

Task<std::expected<Written, Refusal>> SqliteStore::create(BookDraft draft, std::string key,
                                                          std::string fingerprint) {
  require_valid(draft);
  co_return co_await impl_->writer().submit<WrittenBook>(
      CreateBook{std::move(draft), std::move(key), std::move(fingerprint)});
}

Task<std::expected<Written, Refusal>> SqliteStore::replace(BookId id, BookDraft draft,
                                                           std::optional<Revision> if_match) {
  require_valid(draft);
  co_return co_await impl_->writer().submit<WrittenBook>(ReplaceBook{id, std::move(draft), if_match});
}

Task<std::expected<Written, Refusal>> SqliteStore::patch(BookId id, BookPatch patch,
                                                         std::optional<Revision> if_match) {
  require_valid(patch);
  co_return co_await impl_->writer().submit<WrittenBook>(PatchBook{id, std::move(patch), if_match});
}

Task<std::expected<void, Refusal>> SqliteStore::remove(BookId id, std::optional<Revision> if_match) {
  co_return co_await impl_->writer().submit<Removed>(RemoveBook{id, if_match});
}

Task<std::expected<StockLevel, Refusal>> SqliteStore::adjust_stock(BookId id, std::int64_t delta,
                                                                   std::string key, std::string fingerprint) {
  co_return co_await impl_->writer().submit<AdjustedStock>(
      AdjustStock{id, delta, std::move(key), std::move(fingerprint)});
}

Task<std::vector<ImportResult>> SqliteStore::import(std::vector<ImportItem> items) {
  for (const ImportItem& item : items) require_valid(item.draft);
  co_return co_await impl_->writer().submit<std::vector<ImportResult>>(ImportBooks{std::move(items)});
}

Task<std::vector<SaleOutcome>> SqliteStore::sell(std::vector<SaleRequest> sales,
                                                 std::vector<OrderId> projected) {
  for (const SaleRequest& sale : sales) require_valid(sale);
  co_return co_await impl_->writer().submit<std::vector<SaleOutcome>>(
      SellBooks{std::move(sales), std::move(projected)});
}

Task<std::int64_t> SqliteStore::prune(WallTime older_than) {
  std::int64_t pruned = 0;
  for (;;) {
    const auto step = co_await impl_->writer().submit<std::int64_t>(PruneRecords{older_than});
    if (step == 0) co_return pruned;
    pruned += step;
  }
}

Task<Grant> SqliteStore::enroll(Member member) {
  co_return co_await impl_->writer().submit<Grant>(EnrollMember{std::move(member)});
}

Task<std::expected<Grant, Refusal>> SqliteStore::renew(Role role, std::string name, std::string incarnation) {
  auto grant = impl_->read([&](CatalogReader& reader) { return reader.renewal(role, name, incarnation); });
  if (!grant) co_return std::unexpected(Refusal{Refusal::Reason::not_live});
  co_return std::move(*grant);
}

Task<void> SqliteStore::retire(Role role, std::string name, std::string incarnation) {
  const RetireMember retired{role, std::move(name), std::move(incarnation)};
  impl_->writer().report_death(retired);
  co_await impl_->writer().submit<std::monostate>(retired);
}

Task<std::vector<Member>> SqliteStore::members() {
  co_return impl_->read([](CatalogReader& reader) { return reader.members(); });
}

// A batch that went wrong may have been the last one for a while: try whether it would go right now.
Task<void> SqliteStore::check() {
  (void)impl_->read([](CatalogReader& reader) { return reader.revision(); });
  if (impl_->writer().failing()) co_await impl_->writer().submit<std::monostate>(Probe{});
}

const Currency& SqliteStore::currency() const { return impl_->writer().identity().currency; }

std::vector<StockMismatch> SqliteStore::audit_stock() {
  return impl_->read([](CatalogReader& reader) { return reader.audit_stock(); });
}

}  // namespace bazar::catalog
