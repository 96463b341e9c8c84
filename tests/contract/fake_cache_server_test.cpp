#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/write.hpp>

#include <atomic>

#include "frontend/cache/cache_options.hpp"
#include "tests/contract/cache_storage_contract.hpp"

namespace bazar::frontend {
namespace {

using asio::ip::tcp;

/// What listens where a cache server should, and answers probes well and everything else as it was told.
class FakeCacheServer {
 public:
  explicit FakeCacheServer(std::string answer, bool drips = false)
      : answer_(std::move(answer)),
        drips_(drips),
        acceptor_(loops_.at(0), {asio::ip::address_v4::loopback(), 0}) {
    asio::co_spawn(loops_.at(0), accept(), asio::detached);
    loops_.start();
  }
  ~FakeCacheServer() { loops_.stop(); }  // until then its thread uses the acceptor
  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  [[nodiscard]] int conversations() const { return conversations_; }

 private:
  Task<> accept() {
    for (;;) {
      asio::co_spawn(loops_.at(0), converse(co_await acceptor_.async_accept(use_task)),
                     [](const std::exception_ptr&) {});  // the other side has hung up
    }
  }
  Task<> converse(Socket socket) {
    std::array<char, 64 * 1024> buffer{};
    for (;;) {
      const std::size_t size = co_await socket.async_read_some(asio::buffer(buffer), use_task);
      const std::string_view asked(buffer.data(), size);
      std::string said = answer_;
      if (asked.find("PING") != std::string_view::npos) said = "+PONG\r\n";
      if (asked.starts_with("version")) said = "VERSION 1.6.18\r\n";
      if (said == answer_) ++conversations_;
      if (said.empty()) co_return;  // hangs up
      if (!drips_ || said != answer_) {
        co_await asio::async_write(socket, asio::buffer(said), use_task);
        continue;
      }
      Timer timer(socket.get_executor());
      for (std::size_t at = 0;; at = (at + 1) % said.size()) {
        co_await asio::async_write(socket, asio::buffer(said.data() + at, 1), use_task);
        timer.expires_after(milliseconds(5));
        co_await timer.async_wait(use_task);
      }
    }
  }

  const std::string answer_;
  const bool drips_;
  std::atomic<int> conversations_ = 0;
  http::LoopPool loops_{1};
  Acceptor acceptor_;
};

struct Nonsense {
  std::string name;
  std::string scheme;
  std::string answer;
  bool drips = false;
};

/// Answers that no server of good will gives.
class NonsenseOfCacheServers : public testing::TestWithParam<Nonsense> {};

TEST_P(NonsenseOfCacheServers, is_a_miss_in_bounded_time) {
  FakeCacheServer server(GetParam().answer, GetParam().drips);
  observe::Metrics metrics;
  http::LoopPool loops(1);
  loops.start();
  const std::string url = fmt::format("{}://127.0.0.1:{}", GetParam().scheme, server.port());
  const auto storage = open_storage(*parse_cache_options(url), "secret", metrics);
  storage->enter_epoch("E1");
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(comes_true([&] { return storage->usable(); }));
    const auto before = std::chrono::steady_clock::now();
    EXPECT_FALSE(answer_of(loops, storage->find(BookId{1})));
    EXPECT_FALSE(answer_of(loops, storage->find("new")));
    storage->put(book_entry(1, 10));
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
    // libmemcached waits for as long as bytes come. Left alone until then.
    if (GetParam().drips && GetParam().scheme == "memcached") break;
  }
  EXPECT_GT(server.conversations(), 0);
  storage->stop();
}

std::vector<Nonsense> nonsense() {
  const std::string huge(3 << 20, 'x');
  std::vector<Nonsense> all;
  const auto add = [&](std::string scheme, std::string name, std::string answer, bool drips = false) {
    all.push_back({scheme + "_" + name, scheme, std::move(answer), drips});
  };
  for (const std::string scheme : {"redis", "memcached"}) {
    add(scheme, "hangs_up", "");
    add(scheme, "speaks_http", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    add(scheme, "sends_zeros", std::string(10'000, '\0'));
    add(scheme, "sends_a_lot", huge);
    add(scheme, "sends_a_lot_of_lines", [&] {
      std::string lines;
      while (lines.size() < huge.size()) lines += "+OK\r\nEND\r\n";
      return lines;
    }());
    add(scheme, "drips", "xyz", true);
  }
  add("redis", "an_error", "-LOADING Redis is loading the dataset in memory\r\n");
  add("redis", "a_status", "+OK\r\n");
  add("redis", "an_integer", ":12\r\n");
  add("redis", "nil", "$-1\r\n");
  add("redis", "nil_array", "*-1\r\n");
  add("redis", "an_empty_array", "*0\r\n");
  add("redis", "too_many_values", "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
  add("redis", "replies_nobody_asked_for", "*1\r\n$1\r\na\r\n+OK\r\n+OK\r\n+OK\r\n");
  add("redis", "an_array_of_a_billion", "*1000000000\r\n$1\r\na\r\n");
  add("redis", "a_negative_array", "*-7\r\n");
  add("redis", "arrays_in_arrays", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n");
  add("redis", "a_value_of_exabytes", "*1\r\n$9000000000000000000\r\nabc\r\n");
  add("redis", "a_length_that_overflows", "*1\r\n$99999999999999999999999999\r\nabc\r\n");
  add("redis", "a_cut_off_value", "*1\r\n$10\r\nabc");
  add("redis", "a_value_that_drips", "*1\r\n$1000000\r\nabc", true);
  add("memcached", "a_value_without_an_end", "VALUE k 0 3\r\nabc\r\n");
  add("memcached", "a_key_nobody_asked_for", "VALUE k 0 3\r\nabc\r\nEND\r\n");
  add("memcached", "a_length_that_overflows", "VALUE k 0 99999999999999999999999\r\nabc\r\nEND\r\n");
  add("memcached", "a_negative_length", "VALUE k 0 -1\r\nabc\r\nEND\r\n");
  add("memcached", "a_value_of_gigabytes", "VALUE k 0 4000000000\r\nabc");
  add("memcached", "a_key_without_an_end", "VALUE " + std::string(100'000, 'k'));
  add("memcached", "an_error", "ERROR\r\n");
  add("memcached", "a_server_error", "SERVER_ERROR out of memory\r\n");
  add("memcached", "a_value_that_drips", "VALUE k 0 1000000\r\nabc", true);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Answers, NonsenseOfCacheServers, testing::ValuesIn(nonsense()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace bazar::frontend
