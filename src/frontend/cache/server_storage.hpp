#pragma once

#include <mutex>
#include <string>

#include "frontend/cache/cache_client.hpp"
#include "frontend/cache/envelope.hpp"
#include "frontend/cache/storage.hpp"

namespace bazar::frontend {

/// Entries in a cache server that front-ends share: what one fills, the others hit. Nothing is ever deleted
/// there: what a write outdates stays below the floors until it is replaced or its time is up.
class ServerStorage final : public Storage {
 public:
  /// `secret` is the same in all front-ends of a store.
  ServerStorage(const MakeCacheConnection& connection, std::string_view secret, CacheClient::Options options,
                observe::Metrics& metrics);

  [[nodiscard]] bool usable() const override { return client_.usable(); }
  [[nodiscard]] Lookup<BookEntry> find(BookId id) override;
  [[nodiscard]] Lookup<TopicEntry> find(std::string_view topic) override;
  void put(std::shared_ptr<const BookEntry> entry) override;
  void put(std::string topic, std::shared_ptr<const TopicEntry> entry) override;
  bool refresh(std::shared_ptr<const BookEntry> entry) override;
  void enter_epoch(std::string_view epoch) override;
  /// The server is not asked what it has.
  std::vector<BookId> outdated(std::span<const BookId> books, Revision /*revision*/) override {
    return {books.begin(), books.end()};
  }
  void topics_outdated() override {}
  void refused(BookId /*id*/, const BookEntry& /*entry*/) override {}
  void refused(std::string_view /*topic*/, const TopicEntry& /*entry*/) override {}
  void stop() override { client_.stop(); }

 private:
  Task<std::shared_ptr<const BookEntry>> find_book(std::string key);
  Task<std::shared_ptr<const TopicEntry>> find_topic(std::string key);
  [[nodiscard]] std::string scope() const;

  const Envelope envelope_;
  prometheus::Counter& garbage_;
  mutable std::mutex mutex_;
  std::string scope_;  ///< of the present epoch's keys
  CacheClient client_;
};

}  // namespace bazar::frontend
