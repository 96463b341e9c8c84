#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "frontend/cache/storage.hpp"
#include "http/loop_pool.hpp"
#include "observe/metrics.hpp"

namespace bazar::frontend {

// What storages are given in these tests.
[[nodiscard]] catalog::Book book(std::int64_t id, Revision version, std::string title = "RPCs for Noobs");
[[nodiscard]] std::shared_ptr<const BookEntry> book_entry(std::int64_t id, Revision as_of,
                                                          std::string_view epoch = "E1");
[[nodiscard]] std::shared_ptr<const TopicEntry> topic_entry(const std::string& topic, int titles,
                                                            Revision as_of);

/// The answer to a lookup, from a loop of its own.
template <class T>
[[nodiscard]] std::shared_ptr<const T> answer_of(http::LoopPool& loops, Lookup<T> lookup);

extern template std::shared_ptr<const BookEntry> answer_of(http::LoopPool&, Lookup<BookEntry>);
extern template std::shared_ptr<const TopicEntry> answer_of(http::LoopPool&, Lookup<TopicEntry>);

/// Asks until it is so. Bounded.
[[nodiscard]] bool comes_true(const std::function<bool()>& is_so);

/// What `look` finds, asked until it finds something: a machine under load may miss the deadline of a lookup,
/// and a storage may forget. Null where it does not come.
template <class Look>
[[nodiscard]] auto found_by(const Look& look) {
  decltype(look()) found;
  static_cast<void>(comes_true([&] {
    found = look();
    return found != nullptr;
  }));
  return found;
}

/// Where storages of one store keep their entries. Removed with the last of it.
class StorageFixture {
 public:
  virtual ~StorageFixture() = default;
  /// A storage, usable already.
  [[nodiscard]] virtual std::unique_ptr<Storage> open(observe::Metrics& metrics) = 0;
};

struct StorageKind {
  std::string name;
  std::function<std::unique_ptr<StorageFixture>()> make;
  /// The largest entry that must be kept.
  std::size_t max_entry_bytes;
};

/// What every storage owes: what it returns is what was put under that key, whole, with its epoch and
/// revision. It may forget. A kind's program instantiates it.
class CacheStorageContract : public testing::TestWithParam<StorageKind> {
 protected:
  CacheStorageContract() {
    loops_.start();
    storage_->enter_epoch("E1");
  }
  ~CacheStorageContract() override { storage_->stop(); }

  std::shared_ptr<const BookEntry> find(std::int64_t id) {
    return answer_of(loops_, storage_->find(BookId{id}));
  }
  std::shared_ptr<const TopicEntry> find(const std::string& topic) {
    return answer_of(loops_, storage_->find(topic));
  }
  /// Puts, and returns when it can be found.
  bool kept(std::int64_t id, Revision as_of, const std::string& epoch = "E1");

  std::unique_ptr<StorageFixture> fixture_ = GetParam().make();
  observe::Metrics metrics_;
  http::LoopPool loops_{2};
  std::unique_ptr<Storage> storage_ = fixture_->open(metrics_);
};

}  // namespace bazar::frontend
