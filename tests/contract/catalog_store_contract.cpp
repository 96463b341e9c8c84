#include "tests/contract/catalog_store_contract.hpp"

#include "base/random.hpp"
#include "json/decode.hpp"
#include "json/encode.hpp"

namespace bazar::catalog {

Answers ScriptedInvalidator::ask(const Invalidation& invalidation, std::span<const Member> members) {
  Answer answer;
  std::map<std::string, std::vector<BookId>> cached;
  {
    const std::lock_guard hold(mutex_);
    Asked asked{invalidation, {}};
    for (const Member& member : members) asked.incarnations.push_back(member.incarnation);
    asked_.push_back(std::move(asked));
    answer = answer_;
    cached = cached_;
  }
  Answers answers;
  if (answer) answers.silent = answer(invalidation, members);
  for (const Member& member : members) {
    if (std::ranges::find(answers.silent, member) != answers.silent.end()) continue;
    const auto said = cached.find(member.incarnation);
    answers.approved.push_back({member, said == cached.end() ? invalidation.books : said->second});
  }
  return answers;
}

void ScriptedInvalidator::answer_with(Answer answer) {
  const std::lock_guard hold(mutex_);
  answer_ = std::move(answer);
}

void ScriptedInvalidator::says_it_caches(std::string incarnation, std::vector<BookId> books) {
  const std::lock_guard hold(mutex_);
  cached_.insert_or_assign(std::move(incarnation), std::move(books));
}

std::vector<ScriptedInvalidator::Asked> ScriptedInvalidator::asked() const {
  const std::lock_guard hold(mutex_);
  return asked_;
}

void NotingRefresher::send(const std::string& epoch, Revision as_of, std::vector<Book> books,
                           std::span<const Approval> approvals) {
  Sent sent{epoch, as_of, std::move(books), {}};
  for (const Approval& approval : approvals)
    sent.cached.emplace(approval.frontend.incarnation, approval.cached);
  const std::lock_guard hold(mutex_);
  sent_.push_back(std::move(sent));
}

std::vector<NotingRefresher::Sent> NotingRefresher::take() {
  const std::lock_guard hold(mutex_);
  return std::exchange(sent_, {});
}

BookDraft make_draft(std::string title, std::int64_t quantity, std::string topic) {
  BookDraft draft;
  draft.title = std::move(title);
  draft.topic = std::move(topic);
  draft.price = Money{2'235};
  draft.quantity = quantity;
  return draft;
}

SaleRequest make_sale(std::string key, std::vector<SaleLine> lines, std::string fingerprint) {
  SaleRequest sale{.key = std::move(key),
                   .order_id = {},
                   .name = "Hiba",
                   .lines = std::move(lines),
                   .fingerprint = std::move(fingerprint)};
  random_bytes(sale.order_id.bytes);
  return sale;
}

Member make_frontend(std::string incarnation, std::string name) {
  return {.role = Role::frontend,
          .name = std::move(name),
          .url = "http://127.0.0.1:8080",
          .control_url = "http://127.0.0.1:9080",
          .incarnation = std::move(incarnation)};
}

Book CatalogStoreContract::add(std::string title, std::int64_t quantity, std::string topic) {
  return run(store_->create(make_draft(std::move(title), quantity, std::move(topic)), "", ""))->book;
}

std::vector<Book> books_of(const EncodedBatch& batch) {
  std::vector<Book> books;
  for (const EncodedBook& encoded : batch.books) {
    const auto book = json::decode<Book>(encoded.json, encoded.format);
    EXPECT_TRUE(book) << encoded.json;
    if (!book) continue;
    EXPECT_EQ(encoded.id, book->id);
    EXPECT_EQ(encoded.version, book->version);
    EXPECT_EQ(encoded.json, json::encode(*book, encoded.format));
    books.push_back(*book);
  }
  return books;
}

std::optional<Book> find_in(Store& store, BookId id) {
  auto found = books_of(run(store.books({id})).value);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

SaleOutcome CatalogStoreContract::sell(SaleRequest sale) {
  return std::move(run(store_->sell({std::move(sale)}, {})).front());
}

std::expected<SearchPage, FieldError> CatalogSearchContract::search(std::string query,
                                                                    std::optional<std::string> after,
                                                                    std::size_t limit) {
  return run(store_->search(std::move(query), std::move(after), limit)).value;
}

std::vector<std::string> CatalogSearchContract::titles(std::string query) {
  std::vector<std::string> found;
  for (const Book& book : search(std::move(query))->books) found.push_back(book.title);
  return found;
}

}  // namespace bazar::catalog
