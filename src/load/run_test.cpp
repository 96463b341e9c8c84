#include "load/run.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <string>

#include "http/testing/test_server.hpp"
#include "load/testing/raw_server.hpp"

namespace bazar::load {
namespace {

using namespace std::chrono_literals;
using http::Request;
using http::Response;
using http::testing::TestServer;
using testing::RawConnection;
using testing::RawServer;

constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

Plan fetch_from(std::uint16_t port) {
  return {.targets = {{"127.0.0.1", port}},
          .mix = only(Operation::fetch),
          .books = {},
          .popularity = {},
          .topics = {},
          .connections = 4,
          .warmup = 0ms,
          .duration = 200ms,
          .timeout = 30s,
          .sample_every = 20ms};
}

/// The same from a schedule: 99 requests.
Plan by_schedule(std::uint16_t port) {
  Plan plan = fetch_from(port);
  plan.pace = OpenLoop{.rate_per_s = 500, .law = ArrivalLaw::constant};
  return plan;
}
constexpr std::uint64_t scheduled = 99;

/// Counts what it answers.
struct CountingServer {
  std::atomic<std::uint64_t> requests = 0;
  TestServer server{[this](http::Router& router, Loop&) {
    router.add(http::Method::get, "/", [this](Request&) -> Task<Response> {
      ++requests;
      co_return http::text_response(200, "hello").set("Cache-Status", "bazar; hit");
    });
  }};
};

TEST(Run, closed_loop_counts_each_answer_once) {
  CountingServer counting;
  const Result result = run(fetch_from(counting.server.port()));
  const OperationResult& fetches = result.of(Operation::fetch);
  EXPECT_GT(fetches.succeeded, 0U);
  EXPECT_EQ(fetches.succeeded, counting.requests);
  EXPECT_EQ(fetches.total(), fetches.succeeded);
  EXPECT_EQ(fetches.hits, fetches.succeeded);
  EXPECT_EQ(fetches.latency.count(), fetches.succeeded);
  EXPECT_EQ(result.statuses, (std::map<unsigned, std::uint64_t>{{200, fetches.succeeded}}));
  EXPECT_EQ(result.connects, 4U);
  EXPECT_EQ(result.measured, 200ms);
  EXPECT_GE(result.samples.size(), 10U);
}

TEST(Run, warm_up_is_not_measured) {
  CountingServer counting;
  Plan plan = by_schedule(counting.server.port());
  plan.warmup = 100ms;
  const Result result = run(plan);
  EXPECT_EQ(result.all().total(), 100U);
  EXPECT_EQ(counting.requests, 149U);
  EXPECT_EQ(result.samples.front().at, -100ms);
}

TEST(Run, open_loop_sends_what_is_due) {
  CountingServer counting;
  const Result result = run(by_schedule(counting.server.port()));
  EXPECT_EQ(result.all().succeeded, scheduled);
  EXPECT_EQ(counting.requests, scheduled);
  EXPECT_EQ(result.dropped, 0U);
}

TEST(Run, shares_the_load_of_targets) {
  CountingServer first;
  CountingServer second;
  Plan plan = by_schedule(first.server.port());
  plan.targets.push_back({"127.0.0.1", second.server.port()});
  EXPECT_EQ(run(plan).all().succeeded, scheduled);
  EXPECT_GT(first.requests, 0U);
  EXPECT_GT(second.requests, 0U);
  EXPECT_EQ(first.requests + second.requests, scheduled);
}

TEST(Run, each_purchase_has_a_key_of_its_own_also_in_the_next_run) {
  std::mutex mutex;
  std::multiset<std::string> keys;
  TestServer server([&](http::Router& router, Loop&) {
    router.add(http::Method::post, "/purchase/{id}", http::BodyRule::json(),
               [&](Request& request) -> Task<Response> {
                 const std::lock_guard lock(mutex);
                 keys.insert(std::string(request.header("Idempotency-Key").value_or("")));
                 co_return http::json_response(request.body == R"({"name":"bench"})" ? 200 : 400, "{}");
               });
  });
  Plan plan = by_schedule(server.port());
  plan.mix = only(Operation::purchase);
  plan.books = shuffled_books(10, 1);
  EXPECT_EQ(run(plan).of(Operation::purchase).succeeded, scheduled);
  EXPECT_EQ(run(plan).of(Operation::purchase).succeeded, scheduled);
  EXPECT_EQ(keys.size(), 2 * scheduled);
  EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), keys.size());
}

TEST(Run, a_shedding_server_has_no_goodput) {
  TestServer server([](http::Router& router, Loop&) {
    router.add(http::Method::get, "/",
               [](Request&) -> Task<Response> { co_return http::json_response(503, "{}"); });
  });
  const Result result = run(by_schedule(server.port()));
  EXPECT_EQ(result.all().shed, scheduled);
  EXPECT_EQ(result.all().latency.count(), 0U);
  EXPECT_EQ(result.all().shed_latency.count(), scheduled);
  EXPECT_EQ(result.goodput_per_s, 0);
}

TEST(Run, answers_may_come_in_pieces) {
  RawServer server([](RawConnection& connection) {
    while (true) {
      connection.receive();
      for (const char& c : answer) connection.send({&c, 1});
    }
  });
  EXPECT_EQ(run(by_schedule(server.port())).all().succeeded, scheduled);
}

TEST(Run, connects_anew_where_the_server_closes_after_each_answer) {
  RawServer server([](RawConnection& connection) {
    connection.receive();
    connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
  });
  const Result result = run(by_schedule(server.port()));
  EXPECT_EQ(result.all().succeeded, scheduled);
  EXPECT_GE(result.connects, scheduled);
}

TEST(Run, the_connections_end_may_be_the_answers) {
  RawServer server([](RawConnection& connection) {
    connection.receive();
    connection.send("HTTP/1.0 200 OK\r\n\r\nuntil the end");
  });
  EXPECT_EQ(run(by_schedule(server.port())).all().succeeded, scheduled);
}

TEST(Run, counts_what_was_lost) {
  RawServer closes([](RawConnection& connection) { connection.receive(); });
  EXPECT_EQ(run(by_schedule(closes.port())).all().lost, scheduled);
  RawServer breaks_off([](RawConnection& connection) {
    connection.receive();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive!");
  });
  EXPECT_EQ(run(by_schedule(breaks_off.port())).all().lost, scheduled);
  RawServer babbles([](RawConnection& connection) {
    connection.receive();
    connection.send("+PONG\r\n\r\n");
  });
  EXPECT_EQ(run(by_schedule(babbles.port())).all().lost, scheduled);
}

TEST(Run, gives_up_a_stalled_server) {
  RawServer server([](RawConnection& connection) {
    while (true) connection.receive();
  });
  Plan plan = by_schedule(server.port());
  plan.timeout = 50ms;
  const Result result = run(plan);
  EXPECT_EQ(result.all().timed_out, scheduled);
  EXPECT_GT(result.connects, plan.connections) << "a request that was given up takes its connection with it";
}

TEST(Run, drops_what_the_backlog_cannot_hold) {
  std::atomic<bool> released = false;
  RawServer server([&](RawConnection& connection) {
    while (true) {
      connection.receive();
      released.wait(false);
      connection.send(answer);
    }
  });
  Plan plan = by_schedule(server.port());
  plan.pace = OpenLoop{.rate_per_s = 500, .law = ArrivalLaw::constant, .max_backlog = 10};
  const Result result = run(plan, [&](const Sample& sample) {
    if (sample.at < plan.duration) return;
    released = true;
    released.notify_all();
  });
  EXPECT_EQ(result.dropped, scheduled - plan.connections - 10);
  EXPECT_EQ(result.all().succeeded, plan.connections + 10);
}

TEST(Run, latency_contains_the_wait_for_a_connection) {
  std::atomic<int> answers = 0;
  RawServer server([&](RawConnection& connection) {
    while (true) {
      connection.receive();
      // Stalls once, for as long as a dozen requests become due.
      if (answers++ == 0) std::this_thread::sleep_for(30ms);
      connection.send(answer);
    }
  });
  Plan plan = by_schedule(server.port());
  plan.connections = 1;
  const Result result = run(plan);
  EXPECT_EQ(result.all().succeeded, scheduled);
  // Of the first 15 requests those until the tenth waited for 10 ms and longer; a closed loop saw one that
  // did.
  EXPECT_GE(result.all().latency.quantile(0.91), 10ms);
}

TEST(Run, says_that_nobody_is_there) {
  std::uint16_t port = 0;
  {
    asio::io_context loop;
    asio::ip::tcp::acceptor unused(loop, {asio::ip::address_v4::loopback(), 0});
    port = unused.local_endpoint().port();
  }
  EXPECT_THROW((void)run(fetch_from(port)), Unavailable);
}

TEST(Run, goes_on_with_the_targets_that_are_there) {
  CountingServer counting;
  Plan plan = by_schedule(counting.server.port());
  {
    asio::io_context loop;
    asio::ip::tcp::acceptor unused(loop, {asio::ip::address_v4::loopback(), 0});
    plan.targets.push_back({"127.0.0.1", unused.local_endpoint().port()});
  }
  const Result result = run(plan);
  EXPECT_EQ(result.all().succeeded, scheduled);
  EXPECT_GE(result.connect_failures, 2U);
}

TEST(Run, ends_early_when_told_to) {
  CountingServer counting;
  Plan plan = fetch_from(counting.server.port());
  plan.duration = 1h;
  std::stop_source stop;
  const Result result = run(plan, [&](const Sample&) { stop.request_stop(); }, stop.get_token());
  EXPECT_LT(result.measured, plan.duration);
  EXPECT_GT(result.all().succeeded, 0U);
}

}  // namespace
}  // namespace bazar::load
