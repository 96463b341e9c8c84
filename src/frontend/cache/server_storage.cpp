#include "frontend/cache/server_storage.hpp"

#include <prometheus/counter.h>

namespace bazar::frontend {

ServerStorage::ServerStorage(const MakeCacheConnection& connection, std::string_view secret,
                             CacheClient::Options options, observe::Metrics& metrics)
    : envelope_(secret),
      garbage_(metrics.counter("bazar_cache_server_garbage_total",
                               "Values of the cache server that this store did not put there as they are")),
      client_(connection, options, metrics) {}

std::string ServerStorage::scope() const {
  const std::lock_guard lock(mutex_);
  return scope_;
}

void ServerStorage::enter_epoch(std::string_view epoch) {
  std::string scope = Envelope::scope_of(epoch);
  const std::lock_guard lock(mutex_);
  scope_ = std::move(scope);
}

Lookup<BookEntry> ServerStorage::find(BookId id) {
  return {nullptr, find_book(Envelope::key_of(scope(), id))};
}
Lookup<TopicEntry> ServerStorage::find(std::string_view topic) {
  return {nullptr, find_topic(Envelope::key_of(scope(), topic))};
}

Task<std::shared_ptr<const BookEntry>> ServerStorage::find_book(std::string key) {
  const auto bytes = co_await client_.get(key);
  if (!bytes) co_return nullptr;
  auto entry = envelope_.open_book(key, *bytes);
  if (!entry) garbage_.Increment();
  co_return entry;
}

Task<std::shared_ptr<const TopicEntry>> ServerStorage::find_topic(std::string key) {
  const auto bytes = co_await client_.get(key);
  if (!bytes) co_return nullptr;
  auto entry = envelope_.open_topic(key, *bytes);
  if (!entry) garbage_.Increment();
  co_return entry;
}

void ServerStorage::put(std::shared_ptr<const BookEntry> entry) {
  if (!usable()) return;
  std::string key = Envelope::key_of(Envelope::scope_of(entry->epoch.name()), entry->id);
  std::string value = envelope_.seal(key, *entry);
  client_.put({std::move(key), std::move(value)});
}

void ServerStorage::put(std::string topic, std::shared_ptr<const TopicEntry> entry) {
  if (!usable()) return;
  std::string key = Envelope::key_of(Envelope::scope_of(entry->epoch.name()), topic);
  std::string value = envelope_.seal(key, topic, *entry);
  client_.put({std::move(key), std::move(value)});
}

bool ServerStorage::refresh(std::shared_ptr<const BookEntry> entry) {
  if (!usable()) return false;
  std::string key = Envelope::key_of(Envelope::scope_of(entry->epoch.name()), entry->id);
  std::string value = envelope_.seal(key, *entry);
  return client_.put({std::move(key), std::move(value), true});
}

}  // namespace bazar::frontend
