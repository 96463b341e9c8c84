#include "catalog/postgres/postgres_store.hpp"

#include "catalog/postgres/reads.hpp"
#include "catalog/postgres/writer.hpp"
#include "catalog/writes/validity.hpp"

namespace bazar::catalog {

class PostgresStore::Impl {
 public:
  Impl(const PostgresStoreOptions& options, Invalidator& invalidator, Refresher* refresher,
       const Clock& clock, observe::Metrics& metrics)
      : writer_(options, invalidator, refresher, clock, metrics),
        reader_(options, writer_.currency(), thread_.executor(), metrics) {}

  ~Impl() {
    asio::post(thread_.executor(), [this] { reader_.stop(); });
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  PostgresWriter& writer() { return writer_; }
  PostgresReader& reader() { return reader_; }

  /// Runs a query of the reader on its own loop; resumes on the caller's.
  template <class T>
  Task<T> read(Task<T> query) {
    return thread_.run(std::move(query));
  }

 private:
  db::postgres::LoopThread thread_;
  PostgresWriter writer_;
  PostgresReader reader_;
};

PostgresStore::PostgresStore(const PostgresStoreOptions& options, Invalidator& invalidator,
                             const Clock& clock, observe::Metrics& metrics, Refresher* refresher)
    : impl_(std::make_unique<Impl>(options, invalidator, refresher, clock, metrics)) {}

PostgresStore::~PostgresStore() = default;

Task<Snapshot<EncodedBatch>> PostgresStore::books(std::vector<BookId> ids, Consistency consistency) {
  return impl_->read(impl_->reader().books(std::move(ids), consistency));
}

Task<Snapshot<Page<Book>>> PostgresStore::list(BookId after, std::size_t limit) {
  return impl_->read(impl_->reader().list(after, limit));
}

Task<Snapshot<std::optional<Page<Book>>>> PostgresStore::by_topic(std::string topic, BookId after,
                                                                  std::size_t limit,
                                                                  Consistency consistency) {
  return impl_->read(impl_->reader().by_topic(std::move(topic), after, limit, consistency));
}

Task<Snapshot<std::expected<SearchPage, FieldError>>> PostgresStore::search(std::string query,
                                                                            std::optional<std::string> after,
                                                                            std::size_t limit) {
  return impl_->read(impl_->reader().search(std::move(query), std::move(after), limit));
}

Task<Snapshot<std::vector<Topic>>> PostgresStore::topics() { return impl_->read(impl_->reader().topics()); }

Task<std::optional<Sale>> PostgresStore::sale(OrderId order_id) {
  return impl_->read(impl_->reader().sale(order_id));
}

Task<std::vector<Sale>> PostgresStore::unprojected_sales(std::size_t limit) {
  return impl_->read(impl_->reader().unprojected_sales(limit));
}

Task<std::expected<Written, Refusal>> PostgresStore::create(BookDraft draft, std::string key,
                                                            std::string fingerprint) {
  require_valid(draft);
  co_return co_await impl_->writer().submit<WrittenBook>(
      CreateBook{std::move(draft), std::move(key), std::move(fingerprint)});
}

Task<std::expected<Written, Refusal>> PostgresStore::replace(BookId id, BookDraft draft,
                                                             std::optional<Revision> if_match) {
  require_valid(draft);
  co_return co_await impl_->writer().submit<WrittenBook>(ReplaceBook{id, std::move(draft), if_match});
}

Task<std::expected<Written, Refusal>> PostgresStore::patch(BookId id, BookPatch patch,
                                                           std::optional<Revision> if_match) {
  require_valid(patch);
  co_return co_await impl_->writer().submit<WrittenBook>(PatchBook{id, std::move(patch), if_match});
}

Task<std::expected<void, Refusal>> PostgresStore::remove(BookId id, std::optional<Revision> if_match) {
  co_return co_await impl_->writer().submit<Removed>(RemoveBook{id, if_match});
}

Task<std::expected<StockLevel, Refusal>> PostgresStore::adjust_stock(BookId id, std::int64_t delta,
                                                                     std::string key,
                                                                     std::string fingerprint) {
  co_return co_await impl_->writer().submit<AdjustedStock>(
      AdjustStock{id, delta, std::move(key), std::move(fingerprint)});
}

Task<std::vector<ImportResult>> PostgresStore::import(std::vector<ImportItem> items) {
  for (const ImportItem& item : items) require_valid(item.draft);
  co_return co_await impl_->writer().submit<std::vector<ImportResult>>(ImportBooks{std::move(items)});
}

Task<std::vector<SaleOutcome>> PostgresStore::sell(std::vector<SaleRequest> sales,
                                                   std::vector<OrderId> projected) {
  for (const SaleRequest& sale : sales) require_valid(sale);
  co_return co_await impl_->writer().submit<std::vector<SaleOutcome>>(
      SellBooks{std::move(sales), std::move(projected)});
}

Task<std::int64_t> PostgresStore::prune(WallTime older_than) {
  std::int64_t pruned = 0;
  for (;;) {
    const auto step = co_await impl_->writer().submit<std::int64_t>(PruneRecords{older_than});
    if (step == 0) co_return pruned;
    pruned += step;
  }
}

Task<Grant> PostgresStore::enroll(Member member) {
  co_return co_await impl_->writer().submit<Grant>(EnrollMember{std::move(member)});
}

Task<std::expected<Grant, Refusal>> PostgresStore::renew(Role role, std::string name,
                                                         std::string incarnation) {
  return impl_->read(impl_->reader().renew(role, std::move(name), std::move(incarnation)));
}

Task<void> PostgresStore::retire(Role role, std::string name, std::string incarnation) {
  const RetireMember retired{role, std::move(name), std::move(incarnation)};
  impl_->writer().report_death(retired);
  co_await impl_->writer().submit<std::monostate>(retired);
}

Task<std::vector<Member>> PostgresStore::members() { return impl_->read(impl_->reader().members()); }

// A batch that went wrong may have been the last one for a while: try whether it would go right now.
Task<void> PostgresStore::check() {
  const auto read = co_await impl_->read(impl_->reader().books({}, Consistency::labelled));
  if (!read.is_labelled() && impl_->writer().failing())
    co_await impl_->writer().submit<std::monostate>(Probe{});
}

const Currency& PostgresStore::currency() const { return impl_->writer().currency(); }

}  // namespace bazar::catalog
