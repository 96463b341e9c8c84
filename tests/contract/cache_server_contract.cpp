#include <gmock/gmock.h>

#include <thread>

#include "frontend/cache/cache_options.hpp"
#include "tests/contract/cache_server_process.hpp"
#include "tests/contract/cache_storage_contract.hpp"

namespace bazar::frontend {
namespace {

using Kind = CacheServerProcess::Kind;

/// Faults of a cache server: they cost time, and it is used again by itself when they are over.
class CacheServerContract : public testing::TestWithParam<Kind> {
 protected:
  CacheServerContract() {
    loops_.start();
    storage_->enter_epoch("E1");
  }
  ~CacheServerContract() override { storage_->stop(); }

  std::unique_ptr<Storage> open(const std::string& secret = "secret") {
    return open_storage(*parse_cache_options(server_.url()), secret, metrics_);
  }
  std::shared_ptr<const BookEntry> find(std::int64_t id) {
    if (!storage_->usable()) return nullptr;
    return answer_of(loops_, storage_->find(BookId{id}));
  }
  /// Put anew each time, since the server forgets.
  bool works(std::int64_t id) {
    return comes_true([&] {
      storage_->put(book_entry(id, 10));
      return find(id) != nullptr;
    });
  }
  [[nodiscard]] bool shows(const std::string& line) const {
    return ('\n' + metrics_.expose()).find('\n' + line) != std::string::npos;
  }
  [[nodiscard]] bool shows_none(const std::string& name) const { return shows(name + " 0\n"); }

  CacheServerProcess server_{GetParam()};
  observe::Metrics metrics_;
  http::LoopPool loops_{2};
  std::unique_ptr<Storage> storage_ = open();
};

TEST_P(CacheServerContract, a_server_that_is_killed_and_started_again_is_used_again) {
  ASSERT_TRUE(works(1));
  EXPECT_TRUE(shows("bazar_cache_server_usable 1"));
  server_.kill();
  EXPECT_FALSE(find(1));
  // With every lookup one failure; three open the breaker.
  EXPECT_TRUE(comes_true([&] { return !find(1) && !storage_->usable(); }));
  EXPECT_TRUE(shows("bazar_cache_server_usable 0"));
  EXPECT_FALSE(shows_none("bazar_cache_server_failures_total"));
  server_.start();
  EXPECT_TRUE(comes_true([&] { return storage_->usable(); })) << "a probe brings it back, without any lookup";
  EXPECT_TRUE(works(1));
}

TEST_P(CacheServerContract, a_server_that_is_not_there_at_the_start_is_used_once_it_is) {
  server_.kill();
  const auto late = open();
  EXPECT_FALSE(late->usable());
  late->enter_epoch("E1");
  EXPECT_FALSE(answer_of(loops_, late->find(BookId{1})));
  late->put(book_entry(1, 10));
  server_.start();
  EXPECT_TRUE(comes_true([&] { return late->usable(); }));
  late->stop();
}

TEST_P(CacheServerContract, a_flush_is_a_miss_and_no_failure) {
  ASSERT_TRUE(works(1));
  server_.flush();
  // Redis and memcached may take the flush a moment later than they say so.
  EXPECT_TRUE(comes_true([&] { return find(1) == nullptr; }));
  EXPECT_TRUE(works(1));
}

TEST_P(CacheServerContract,
       a_frozen_server_delays_a_lookup_for_its_patience_then_nobody_and_is_used_when_it_thaws) {
  ASSERT_TRUE(works(1));
  server_.freeze();
  int asked = 0;
  std::chrono::steady_clock::duration longest{};
  EXPECT_TRUE(comes_true([&] {
    const auto before = std::chrono::steady_clock::now();
    EXPECT_FALSE(find(1));
    longest = std::max(longest, std::chrono::steady_clock::now() - before);
    ++asked;
    return !storage_->usable();
  }));
  // 30 ms, and what a loaded machine adds: no lookup waits for the server to thaw.
  EXPECT_LT(longest, std::chrono::seconds(2));
  EXPECT_LE(asked, 10) << "the breaker opens after a few";
  EXPECT_FALSE(shows_none("bazar_cache_server_timeouts_total"));
  // Frozen for longer than any time-out of the library, and nothing piles up meanwhile.
  for (int i = 0; i < 200; ++i) storage_->put(book_entry(i, 20));
  server_.thaw();
  EXPECT_TRUE(comes_true([&] { return storage_->usable(); }));
  EXPECT_TRUE(works(1));
}

TEST_P(CacheServerContract, lookups_of_many_at_a_frozen_server_all_end) {
  ASSERT_TRUE(works(1));
  server_.freeze();
  std::vector<std::jthread> askers;
  std::atomic<int> answered = 0;
  for (int i = 0; i < 16; ++i) {
    askers.emplace_back([&] {
      for (int id = 1; id <= 20; ++id) answered += find(id) == nullptr;
    });
  }
  askers.clear();
  EXPECT_EQ(answered, 16 * 20);
  server_.thaw();
  EXPECT_TRUE(works(1));
}

TEST_P(CacheServerContract, a_storage_can_be_closed_while_its_server_is_frozen) {
  ASSERT_TRUE(works(1));
  server_.freeze();
  {
    const std::jthread asking([&] { EXPECT_FALSE(find(1)); });
    storage_->stop();
  }
  storage_.reset();
  storage_ = open();
  server_.thaw();
}

TEST_P(CacheServerContract, values_that_others_wrote_under_its_keys_are_misses_and_counted) {
  ASSERT_TRUE(works(1));
  const auto keys = server_.keys();
  ASSERT_EQ(keys.size(), 1U);
  const std::string& key = keys[0];
  EXPECT_LE(key.size(), 80U);
  const std::string good = server_.read(key).value();

  std::vector<std::string> garbage{"", "hello", R"({"id":1})", std::string(5'000, '\xff'), good + "x"};
  for (std::size_t size = 0; size < good.size(); size += 3) garbage.push_back(good.substr(0, size));
  for (std::size_t at = 0; at < good.size(); ++at) {
    garbage.push_back(good);
    garbage.back()[at] = static_cast<char>(garbage.back()[at] ^ (1 << (at % 8)));
  }
  for (const auto& value : garbage) {
    server_.write(key, value);
    ASSERT_FALSE(find(1)) << testing::PrintToString(value);
  }
  server_.write(key, good);
  EXPECT_TRUE(comes_true([&] { return find(1) != nullptr; })) << "and only the garbage was refused";
  EXPECT_FALSE(shows_none("bazar_cache_server_garbage_total"));
  EXPECT_TRUE(storage_->usable());
}

TEST_P(CacheServerContract, a_value_moved_to_another_key_is_refused) {
  ASSERT_TRUE(works(1));
  const std::string one = server_.keys().at(0);
  const std::string good = server_.read(one).value();
  ASSERT_TRUE(works(2));
  auto keys = server_.keys();
  std::erase(keys, one);
  ASSERT_EQ(keys.size(), 1U);
  server_.write(keys[0], good);
  EXPECT_FALSE(find(2));
}

TEST_P(CacheServerContract, another_store_on_the_same_server_reads_nothing_of_this_one) {
  ASSERT_TRUE(works(1));
  const auto other = open("another secret");
  ASSERT_TRUE(comes_true([&] { return other->usable(); }));
  other->enter_epoch("E1");
  EXPECT_FALSE(answer_of(loops_, other->find(BookId{1})));
  const auto elsewhere = open();
  ASSERT_TRUE(comes_true([&] { return elsewhere->usable(); }));
  elsewhere->enter_epoch("E2");
  elsewhere->put(book_entry(1, 3, "E2"));
  EXPECT_TRUE(comes_true([&] {
    elsewhere->put(book_entry(1, 3, "E2"));
    const auto own = answer_of(loops_, elsewhere->find(BookId{1}));
    return own && own->epoch == "E2";
  }));
  EXPECT_TRUE(works(1));
  const auto mine = found_by([&] { return find(1); });
  ASSERT_TRUE(mine);
  EXPECT_EQ(mine->as_of, 10);
  other->stop();
  elsewhere->stop();
}

TEST_P(CacheServerContract, what_one_front_end_puts_another_finds) {
  const auto other = open();
  ASSERT_TRUE(comes_true([&] { return other->usable(); }));
  other->enter_epoch("E1");
  ASSERT_TRUE(works(1));
  EXPECT_TRUE(comes_true([&] { return answer_of(loops_, other->find(BookId{1})) != nullptr; }));
  storage_->put(book_entry(2, 10));
  EXPECT_TRUE(comes_true([&] { return answer_of(loops_, other->find(BookId{2})) != nullptr; }))
      << "also if the first one then asks for nothing";
  other->stop();
}

TEST_P(CacheServerContract, what_is_put_goes_by_itself_in_the_end) {
  ASSERT_TRUE(works(1));
  const std::string key = server_.keys().at(0);
  if (GetParam() == Kind::redis) {
    const int seconds = std::stoi(server_.command("TTL " + key).substr(1));
    EXPECT_THAT(seconds, testing::AllOf(testing::Gt(3'000), testing::Le(3'600)));
  } else {
    // "MG key t": HD t<seconds>
    const std::string said = server_.command("mg " + key + " t");
    ASSERT_TRUE(said.starts_with("HD t")) << said;
    EXPECT_THAT(std::stoi(said.substr(4)), testing::AllOf(testing::Gt(3'000), testing::Le(3'600)));
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, CacheServerContract, testing::Values(Kind::redis, Kind::memcached),
                         [](const auto& info) {
                           return std::string(info.param == Kind::redis ? "Redis" : "Memcached");
                         });

TEST(RedisServer, one_without_memory_refuses_puts_and_goes_on_serving_lookups) {
  CacheServerProcess server(Kind::redis);
  observe::Metrics metrics;
  http::LoopPool loops(1);
  loops.start();
  const auto storage = open_storage(*parse_cache_options(server.url()), "secret", metrics);
  storage->enter_epoch("E1");
  ASSERT_TRUE(comes_true([&] {
    storage->put(book_entry(1, 10));
    return answer_of(loops, storage->find(BookId{1})) != nullptr;
  }));
  ASSERT_EQ(server.command("CONFIG SET maxmemory-policy noeviction"), "+OK");
  ASSERT_EQ(server.command("CONFIG SET maxmemory 1"), "+OK");
  EXPECT_TRUE(comes_true([&] {
    storage->put(book_entry(1, 11));
    return metrics.expose().find("bazar_cache_server_refused_puts_total 0\n") == std::string::npos;
  }));
  EXPECT_TRUE(storage->usable());
  EXPECT_TRUE(comes_true([&] { return answer_of(loops, storage->find(BookId{1})) != nullptr; }));
  storage->stop();
}

TEST(MemcachedServer, eviction_loses_entries_and_no_more) {
  CacheServerProcess server(Kind::memcached, {"-m", "4"});
  observe::Metrics metrics;
  http::LoopPool loops(1);
  loops.start();
  const auto storage = open_storage(*parse_cache_options(server.url()), "secret", metrics);
  storage->enter_epoch("E1");
  ASSERT_TRUE(comes_true([&] { return storage->usable(); }));
  for (int i = 0; i < 200; ++i) {
    const std::string topic = "topic " + std::to_string(i);
    storage->put(topic, topic_entry(topic, 1'000, 10));
    const auto found = answer_of(loops, storage->find(topic));
    if (found) ASSERT_THAT(found->hit->body(), testing::HasSubstr(topic));
  }
  EXPECT_TRUE(comes_true([&] {
    storage->put(book_entry(1, 10));
    return answer_of(loops, storage->find(BookId{1})) != nullptr;
  }));
  storage->stop();
}

}  // namespace
}  // namespace bazar::frontend
