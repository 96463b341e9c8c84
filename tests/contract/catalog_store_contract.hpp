#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "catalog/coherence/invalidation.hpp"
#include "catalog/coherence/refresh.hpp"
#include "catalog/store.hpp"

namespace bazar::catalog {

/// Front-ends as a store sees them: records what was asked, and answers as told (at first: all approve).
class ScriptedInvalidator final : public Invalidator {
 public:
  struct Asked {
    Invalidation invalidation;
    std::vector<std::string> incarnations;
  };
  /// Returns the silent ones.
  using Answer = std::function<std::vector<Member>(const Invalidation&, std::span<const Member>)>;

  Answers ask(const Invalidation& invalidation, std::span<const Member> members) override;
  void answer_with(Answer answer);
  /// What that front-end says of itself when it approves; else that it caches all that changes.
  void says_it_caches(std::string incarnation, std::vector<BookId> books);
  [[nodiscard]] std::vector<Asked> asked() const;

 private:
  mutable std::mutex mutex_;
  std::vector<Asked> asked_;
  Answer answer_;
  std::map<std::string, std::vector<BookId>> cached_;  ///< by incarnation
};

/// Notes what is sent to whom.
class NotingRefresher final : public Refresher {
 public:
  struct Sent {
    std::string epoch;
    Revision as_of = 0;
    std::vector<Book> books;
    std::map<std::string, std::vector<BookId>> cached;  ///< by those who approved, by incarnation
  };
  void send(const std::string& epoch, Revision as_of, std::vector<Book> books,
            std::span<const Approval> approvals) override;
  [[nodiscard]] std::vector<Sent> take();

 private:
  std::mutex mutex_;
  std::vector<Sent> sent_;
};

/// Leases in the suite last this long: they are waited out for real.
inline constexpr milliseconds contract_lease{40};

/// A database that stores are opened on, as the catalog processes of one machine would. Removed with the last
/// of it.
class StoreFixture {
 public:
  virtual ~StoreFixture() = default;
  /// Another store on the same database, which grants leases of that length. Null: nothing is sent after a
  /// commit.
  [[nodiscard]] virtual std::unique_ptr<Store> open_granting(milliseconds lease, Invalidator& invalidator,
                                                             Refresher* refresher) = 0;
  [[nodiscard]] std::unique_ptr<Store> open(Invalidator& invalidator, Refresher* refresher = nullptr) {
    return open_granting(contract_lease, invalidator, refresher);
  }
  /// Books for which ledger − sold ≠ stock.
  [[nodiscard]] virtual std::size_t stock_mismatches(Store& store) = 0;
  /// A member's row set `revoked`, as by a writer that then died.
  virtual void leave_revoked(const Member& member) = 0;
};

template <class T>
T run(Task<T> task) {
  Loop loop(1);
  std::exception_ptr error;
  if constexpr (std::is_void_v<T>) {
    asio::co_spawn(loop, std::move(task), [&](std::exception_ptr failure) { error = std::move(failure); });
    loop.run();
    if (error) std::rethrow_exception(error);
  } else {
    std::optional<T> result;
    asio::co_spawn(loop, std::move(task), [&](std::exception_ptr failure, T value) {
      error = std::move(failure);
      result = std::move(value);
    });
    loop.run();
    if (error) std::rethrow_exception(error);
    return std::move(*result);
  }
}

/// Runs all at once on one loop: they are queued together and share batches.
template <class T>
std::vector<T> run_all(std::vector<Task<T>> tasks) {
  Loop loop(1);
  std::exception_ptr error;
  std::vector<std::optional<T>> results(tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    asio::co_spawn(loop, std::move(tasks[i]),
                   [&error, &result = results[i]](std::exception_ptr failure, T value) {
                     if (failure) error = std::move(failure);
                     result = std::move(value);
                   });
  }
  loop.run();
  if (error) std::rethrow_exception(error);
  std::vector<T> values;
  for (auto& result : results) values.push_back(std::move(*result));
  return values;
}

[[nodiscard]] BookDraft make_draft(std::string title, std::int64_t quantity = 10,
                                   std::string topic = "systems");
[[nodiscard]] SaleRequest make_sale(std::string key, std::vector<SaleLine> lines,
                                    std::string fingerprint = "f");
[[nodiscard]] Member make_frontend(std::string incarnation, std::string name = "frontend-1");

/// What is encoded in a batch.
[[nodiscard]] std::vector<Book> books_of(const EncodedBatch& batch);
[[nodiscard]] std::optional<Book> find_in(Store& store, BookId id);

/// What every catalog store owes, whichever engine is behind it. An engine's program instantiates it with a
/// factory of fixtures.
class CatalogStoreContract : public testing::TestWithParam<std::function<std::unique_ptr<StoreFixture>()>> {
 protected:
  [[nodiscard]] std::unique_ptr<Store> open() { return fixture_->open(frontends_); }
  Book add(std::string title, std::int64_t quantity = 10, std::string topic = "systems");
  [[nodiscard]] std::optional<Book> find(BookId id) { return find_in(*store_, id); }
  [[nodiscard]] Revision as_of() { return run(store_->books({})).as_of; }
  SaleOutcome sell(SaleRequest sale);
  void TearDown() override {
    EXPECT_EQ(fixture_->stock_mismatches(*store_), 0u) << "ledger and sales do not add up";
  }

  ScriptedInvalidator frontends_;
  std::unique_ptr<StoreFixture> fixture_ = GetParam()();
  std::unique_ptr<Store> store_ = open();
};

/// The same for full-text search.
class CatalogSearchContract : public CatalogStoreContract {
 protected:
  [[nodiscard]] std::expected<SearchPage, FieldError> search(std::string query,
                                                             std::optional<std::string> after = {},
                                                             std::size_t limit = 50);
  [[nodiscard]] std::vector<std::string> titles(std::string query);
};

/// The same for what is sent to front-ends after a commit.
class CatalogRefreshContract : public CatalogStoreContract {
 protected:
  void SetUp() override { store_ = fixture_->open(frontends_, &refresher_); }
  void TearDown() override {
    CatalogStoreContract::TearDown();
    store_.reset();
  }

  NotingRefresher refresher_;
};

}  // namespace bazar::catalog
