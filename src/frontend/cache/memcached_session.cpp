#include "frontend/cache/memcached_session.hpp"

#include <unordered_map>
#include <vector>

#include "base/errors.hpp"

namespace bazar::frontend {
namespace {

constexpr std::uint64_t step_ms = 200;

void check(const std::stop_token& given_up) {
  if (given_up.stop_requested()) throw Unavailable("memcached does not answer in time");
}

/// Space for one item of an answer.
class Result {
 public:
  explicit Result(memcached_st* memcached) { memcached_result_create(memcached, &result_); }
  ~Result() { memcached_result_free(&result_); }
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;

  /// False when there are no more, or `code` says what went wrong.
  bool fetch(memcached_st* memcached, memcached_return_t& code) {
    return memcached_fetch_result(memcached, &result_, &code) != nullptr;
  }
  [[nodiscard]] std::string_view key() const {
    return {memcached_result_key_value(&result_), memcached_result_key_length(&result_)};
  }
  [[nodiscard]] std::string_view value() const {
    return {memcached_result_value(&result_), memcached_result_length(&result_)};
  }

 private:
  memcached_result_st result_{};
};

}  // namespace

MemcachedSession::MemcachedSession(const http::Endpoint& server) : memcached_(memcached_create(nullptr)) {
  if (!memcached_) throw std::bad_alloc();
  const auto set = [this](memcached_behavior_t behavior, std::uint64_t value) {
    memcached_behavior_set(memcached_.get(), behavior, value);
  };
  set(MEMCACHED_BEHAVIOR_NO_BLOCK, 1);
  set(MEMCACHED_BEHAVIOR_TCP_NODELAY, 1);
  // Answers to a set are not asked for: the library asserts that they are what it knows, and aborts the
  // process over a server that says something else.
  set(MEMCACHED_BEHAVIOR_NOREPLY, 1);
  set(MEMCACHED_BEHAVIOR_CONNECT_TIMEOUT, step_ms);
  set(MEMCACHED_BEHAVIOR_POLL_TIMEOUT, step_ms);
  set(MEMCACHED_BEHAVIOR_SND_TIMEOUT, step_ms * 1'000);
  set(MEMCACHED_BEHAVIOR_RCV_TIMEOUT, step_ms * 1'000);
  const auto code = memcached_server_add(memcached_.get(), server.host.c_str(), server.port);
  if (memcached_failed(code)) fail(code);
}

CacheConnection::Answer MemcachedSession::exchange(const CacheConnection::Exchange& exchange,
                                                   const std::stop_token& given_up) {
  CacheConnection::Answer answer;
  if (exchange.keys.empty() && exchange.puts.empty()) probe();
  if (!exchange.keys.empty()) fetch(exchange, answer, given_up);
  for (const auto& put : exchange.puts) {
    check(given_up);
    store(put);
  }
  // Without replies the library keeps the last sets to itself until it is asked for something else.
  if (!exchange.puts.empty()) {
    const auto code = memcached_flush_buffers(memcached_.get());
    if (memcached_failed(code)) fail(code);
  }
  return answer;
}

void MemcachedSession::probe() {
  const auto code = memcached_version(memcached_.get());
  if (memcached_failed(code)) fail(code);
}

void MemcachedSession::fetch(const CacheConnection::Exchange& exchange, CacheConnection::Answer& answer,
                             const std::stop_token& given_up) {
  std::vector<const char*> keys;
  std::vector<std::size_t> sizes;
  std::unordered_map<std::string_view, std::size_t> places;
  for (const std::string& key : exchange.keys) {
    places.emplace(key, keys.size());
    keys.push_back(key.data());
    sizes.push_back(key.size());
  }
  auto code = memcached_mget(memcached_.get(), keys.data(), sizes.data(), keys.size());
  if (memcached_failed(code)) fail(code);

  answer.values.resize(keys.size());
  Result result(memcached_.get());
  while (result.fetch(memcached_.get(), code)) {
    const auto place = places.find(result.key());
    if (place == places.end()) throw Unavailable("memcached answers something else than was asked for");
    answer.values[place->second] = result.value();
    check(given_up);
  }
  if (code != MEMCACHED_END && code != MEMCACHED_NOTFOUND && code != MEMCACHED_SUCCESS) fail(code);
}

void MemcachedSession::store(const CacheConnection::Put& put) {
  const auto write = put.only_in_place ? memcached_replace : memcached_set;
  const auto code = write(memcached_.get(), put.key.data(), put.key.size(), put.value.data(),
                          put.value.size(), CacheConnection::time_to_live.count(), 0);
  if (code == MEMCACHED_SUCCESS || code == MEMCACHED_BUFFERED) return;
  fail(code);
}

void MemcachedSession::fail(memcached_return_t code) {
  throw Unavailable(std::string("memcached: ") + memcached_strerror(memcached_.get(), code));
}

}  // namespace bazar::frontend
