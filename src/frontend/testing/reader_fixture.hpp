#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <condition_variable>
#include <deque>
#include <future>

#include "base/oneshot.hpp"
#include "catalog/wire.hpp"
#include "frontend/coherence/coherent_cache.hpp"
#include "frontend/reader.hpp"
#include "http/loop_pool.hpp"
#include "http/testing/test_server.hpp"
#include "json/encode.hpp"

namespace bazar::frontend::testing {

using namespace std::chrono_literals;

/// The real time, which tests can push on.
class PushedClock final : public Clock {
 public:
  [[nodiscard]] SteadyTime now() const override { return system_.now() + pushed_.load(); }
  [[nodiscard]] WallTime wall() const override { return system_.wall(); }
  void push(milliseconds by) { pushed_ = pushed_.load() + by; }

 private:
  SystemClock system_;
  std::atomic<milliseconds> pushed_{0ms};
};

inline catalog::Book book(std::int64_t id, Revision version) {
  return {.id = BookId{id},
          .title = "Title " + std::to_string(id),
          .topic = "new",
          .price = Money{2235},
          .currency = "USD",
          .quantity = 60,
          .version = version,
          .authors = {},
          .isbn = {},
          .year = {},
          .language = {},
          .description = {}};
}

/// A catalog that answers each call of `GET /books` as the test says, when the test says.
class ScriptedCatalog {
 public:
  struct Call {
    std::string ids;
    std::string topic;
    Completion<http::Response> done;

    void answer(Revision as_of, std::string epoch, std::string body, unsigned status = 200) {
      auto response = http::json_response(status, std::move(body));
      response.set(catalog::wire::as_of_header, std::to_string(as_of));
      response.set(catalog::wire::epoch_header, std::move(epoch));
      done.set_value(std::move(response));
    }
    void answer_books(Revision as_of, std::vector<catalog::Book> books, std::vector<BookId> missing = {},
                      std::string epoch = "E1") {
      answer(as_of, std::move(epoch),
             json::encode(catalog::wire::BookBatch{std::move(books), std::move(missing)}));
    }
    void answer_topic(Revision as_of, std::vector<catalog::Book> books,
                      std::optional<std::string> next = {}) {
      answer(as_of, "E1",
             json::encode(catalog::wire::BookList{topic, std::move(books), {std::move(next)}, {}}));
    }
  };

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }

  Call next_call() {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, 20s, [this] { return !calls_.empty(); }))
      throw std::runtime_error("no call came");
    Call call = std::move(calls_.front());
    calls_.pop_front();
    return call;
  }
  bool has_call() {
    const std::lock_guard lock(mutex_);
    return !calls_.empty();
  }

 private:
  Task<http::Response> hold(http::Request& request) {
    std::string ids(request.query_param("ids").value_or(""));
    std::string topic(request.query_param("topic").value_or(""));
    co_return co_await suspend_until_complete<http::Response>([&](Completion<http::Response> done) {
      const std::lock_guard lock(mutex_);
      calls_.push_back({std::move(ids), std::move(topic), std::move(done)});
      arrived_.notify_all();
    });
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Call> calls_;
  http::testing::TestServer server_{[this](http::Router& router, Loop&) {
    router.add(http::Method::get, "/books", [this](http::Request& request) { return hold(request); });
  }};
};

class ReaderTest : public ::testing::Test {
 protected:
  using BookRead = std::future<Read<BookEntry>>;

  class AwaitedRead final : public Waiter<BookEntry> {
   public:
    AwaitedRead(Completion<Read<BookEntry>> done, SteadyTime until)
        : Waiter(until, {}), done_(std::move(done)) {}
    void succeed(Read<BookEntry> read) override { done_.set_value(std::move(read)); }
    void fail(std::exception_ptr error) override { done_.set_error(std::move(error)); }

   private:
    Completion<Read<BookEntry>> done_;
  };

  ReaderTest() {
    // A failed call is told to its waiters at once: trying again is the balancer's part, tested there.
    upstream.set_replicas({{"catalog-1", catalog.url()}});
    loops.start();
  }
  ~ReaderTest() override { loops.stop(); }

  void SetUp() override { join("first"); }
  void join(const std::string& incarnation) {
    cache.begin_incarnation(incarnation);
    cache.granted(incarnation, catalog::Grant{"E1", 10, 60'000}, clock.now());
  }
  bool write(std::int64_t id, Revision revision) {
    return cache.invalidate(catalog::Invalidation{"E1", "first", revision, {BookId{id}}, false}).has_value();
  }

  BookRead ask(std::int64_t id, milliseconds patience = 20s) {
    auto read =
        asio::co_spawn(loops.at(0), read_book(*reader, BookId{id}, clock.now() + patience), asio::use_future);
    settle();
    return read;
  }
  static Task<Read<BookEntry>> read_book(Reader& reader, BookId id, SteadyTime deadline) {
    auto reading = reader.book(id, deadline, {});
    if (reading.hit) co_return Read<BookEntry>{std::move(reading.hit), CacheStatus::hit, {}};
    if (reading.shed) throw Overloaded("shed");
    if (reading.later) co_return co_await *std::move(reading.later);
    co_return co_await suspend_until_complete<Read<BookEntry>>([&](Completion<Read<BookEntry>> done) {
      reader.wait(id, reading.terms, std::make_shared<AwaitedRead>(std::move(done), deadline));
    });
  }
  std::future<Read<TopicEntry>> ask_topic(const std::string& topic) {
    auto reading = reader->topic(topic, clock.now() + 20s, {});
    if (reading.hit) {
      std::promise<Read<TopicEntry>> hit;
      hit.set_value({std::move(reading.hit), CacheStatus::hit, {}});
      return hit.get_future();
    }
    auto read = asio::co_spawn(loops.at(0), *std::move(reading.later), asio::use_future);
    settle();
    return read;
  }
  /// Returns when the loop has run what was started before; a coroutine takes a few turns to its first wait.
  void settle() {
    for (int turn = 0; turn < 8; ++turn) asio::post(loops.at(0), asio::use_future).get();
  }

  PushedClock clock;
  observe::Metrics metrics;
  ScriptedCatalog catalog;
  http::LoopPool loops{1};
  http::Client client{loops.at(0), {}};
  balancer::Upstream upstream{loops.at(0), client, {.service = "catalog", .max_attempts = 1}, metrics, clock};
  CoherentCache cache{{.book_entries = 3}, clock, metrics};
  std::unique_ptr<Reader> reader = std::make_unique<Reader>(cache, catalog::Client(upstream), clock, metrics);
};

}  // namespace bazar::frontend::testing
