#include "db/postgres/failover_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/postgres/loop_thread.hpp"
#include "db/postgres/testing/server.hpp"

namespace bazar::db::postgres {
namespace {

constexpr Statement next_run{"test_next_run", "SELECT nextval('runs')"};
constexpr milliseconds patience{20'000};
constexpr milliseconds impatience{200};

SteadyTime in(milliseconds time) { return std::chrono::steady_clock::now() + time; }

Pipeline one_run() {
  Pipeline pipeline;
  pipeline.add(next_run);
  return pipeline;
}

/// A server that plays the standby too, for who asks it without a barrier. With `nobody` as synchronous
/// standby it completes no barrier, and is as good as away for who asks behind one.
class FailoverReaderTest : public testing::Test {
 protected:
  FailoverReaderTest() { server_.execute("CREATE SEQUENCE runs"); }

  void name_standby(const std::string& name) {
    server_.execute("ALTER SYSTEM SET synchronous_standby_names = '" + name + "'");
    server_.execute("SELECT pg_reload_conf()");
    await([&] { return server_.execute("SHOW synchronous_standby_names") == name; });
  }

  template <class Condition>
  void await(const Condition& condition) {
    const SteadyTime until = in(patience);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), until);
      loop_.restart();
      loop_.poll();
    }
  }

  FailoverReader::Outcome look_up() { return run_to_end(loop_, lookups_.read({})); }

  TestServer server_;
  Loop loop_{1};
  observe::Metrics metrics_;
  FailoverReader lookups_{loop_.get_executor(),
                          {.url = server_.url()},
                          Barrier::always,
                          {.url = server_.url(), .access = Access::any},
                          metrics_,
                          {.primary_patience = impatience, .standby_patience = patience}};
};

TEST_F(FailoverReaderTest, a_strict_read_that_takes_longer_is_not_cut_off_by_those_that_gave_up) {
  name_standby("nobody");
  BarrierReader strict(loop_.get_executor(), {.url = server_.url()}, Barrier::always);
  std::optional<std::int64_t> runs;
  asio::co_spawn(loop_, strict.read(one_run(), in(patience)),
                 [&](const std::exception_ptr& error, const Answer& answer) {
                   runs = error ? 0 : answer.results.front().only().integer(0);
                 });
  await([&] { return server_.execute("SELECT last_value FROM runs WHERE is_called") == "1"; });
  EXPECT_TRUE(look_up().from_standby);
  name_standby("");
  await([&] { return !look_up().from_standby; });
  await([&] { return runs.has_value(); });
  EXPECT_EQ(runs, 1) << "read, and not again and again";
}

}  // namespace
}  // namespace bazar::db::postgres
