#include "balancer/upstream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/write.hpp>

#include "http/testing/test_server.hpp"

namespace bazar::balancer {
namespace {

using namespace std::chrono_literals;
using http::Method;
using http::testing::TestServer;
using testing::HasSubstr;

std::string url_of(std::uint16_t port) { return "http://127.0.0.1:" + std::to_string(port); }

Acceptor reserved_port(Loop& loop) {
  Acceptor acceptor(loop);
  acceptor.open(asio::ip::tcp::v4());
  acceptor.set_option(asio::socket_base::reuse_address(true));
  acceptor.bind({asio::ip::address_v4::loopback(), 0});
  return acceptor;
}

// A real server that answers everything with one status.
class ServingReplica {
 public:
  explicit ServingReplica(unsigned status = 200, std::uint16_t port = 0)
      : ServingReplica(http::text_response(status, "answer"), port) {}
  explicit ServingReplica(http::Response answer, std::uint16_t port = 0)
      : server_(
            [this, answer = std::move(answer)](http::Router& router, Loop&) { add_routes(router, answer); },
            {.port = port}) {}

  [[nodiscard]] std::string url() const { return url_of(server_.port()); }
  [[nodiscard]] int requests() const { return requests_; }

 private:
  void add_routes(http::Router& router, const http::Response& response) {
    const auto answer = [this, response](http::Request&) { return count(response); };
    router.add(Method::get, "/x", answer);
    router.add(Method::post, "/x", http::BodyRule::json(), answer);
    router.add(Method::get, "/healthz", [](http::Request&) { return ok(); });
  }
  Task<http::Response> count(http::Response response) {
    ++requests_;
    co_return response;
  }
  static Task<http::Response> ok() { co_return http::text_response(200, "alive"); }

  std::atomic<int> requests_ = 0;
  TestServer server_;
};

// Lives, and fails what it is asked for until it is capable again.
class IncapableReplica {
 public:
  [[nodiscard]] std::string url() const { return url_of(server_.port()); }
  [[nodiscard]] int requests() const { return requests_; }
  [[nodiscard]] int probes() const { return probes_; }
  void recover() { status_ = 200; }

 private:
  void add_routes(http::Router& router) {
    router.add(Method::get, "/x", [this](http::Request&) { return answer(requests_); });
    router.add(Method::get, "/probe", [this](http::Request&) { return answer(probes_); });
    router.add(Method::get, "/healthz", [](http::Request&) { return http::text_response(200, "alive"); });
  }
  http::Response answer(std::atomic<int>& count) {
    ++count;
    return http::text_response(status_, "answer");
  }

  std::atomic<int> requests_ = 0;
  std::atomic<int> probes_ = 0;
  std::atomic<unsigned> status_ = 503;
  TestServer server_{[this](http::Router& router, Loop&) { add_routes(router); }, {}};
};

// Reads a request and then closes the connection, or keeps silent like a frozen process.
class BrokenReplica {
 public:
  enum class Manner : std::uint8_t { closes, keeps_silent };

  BrokenReplica(Loop& loop, Manner manner) : state_(std::make_shared<State>(reserved_port(loop), manner)) {
    state_->acceptor.listen();
    asio::co_spawn(loop.get_executor(), serve(state_), asio::detached);
  }
  ~BrokenReplica() {
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
    drop_all();
  }

  [[nodiscard]] std::string url() const { return url_of(state_->acceptor.local_endpoint().port()); }
  [[nodiscard]] int requests() const { return state_->requests; }
  void drop_all() { state_->open.clear(); }

 private:
  struct State {
    State(Acceptor a, Manner m) : acceptor(std::move(a)), manner(m) {}
    Acceptor acceptor;
    Manner manner;
    int requests = 0;
    std::vector<std::unique_ptr<Socket>> open;
  };

  static Task<> serve(std::shared_ptr<State> state) {
    while (true) {
      auto [error, socket] = co_await state->acceptor.async_accept(asio::as_tuple(use_task));
      if (error) co_return;
      std::array<char, 4096> request;
      co_await socket.async_read_some(asio::buffer(request), asio::as_tuple(use_task));
      ++state->requests;
      if (state->manner == Manner::closes) continue;
      state->open.push_back(std::make_unique<Socket>(std::move(socket)));
    }
  }

  std::shared_ptr<State> state_;
};

class UpstreamTest : public testing::Test {
 protected:
  using Manner = BrokenReplica::Manner;

  void make(std::vector<Replica> replicas, UpstreamOptions options = {}) {
    options.service = "catalog";
    upstream = std::make_unique<Upstream>(loop, client, std::move(options), metrics, clock);
    upstream->set_replicas(std::move(replicas));
  }

  static http::ClientRequest get() { return {.target = "/x"}; }
  static http::ClientRequest post() {
    return {.method = Method::post, .target = "/x", .body = "{}", .idempotent = false};
  }

  struct Result {
    bool done = false;
    std::exception_ptr error;
    Upstream::Answer answer;
  };

  std::shared_ptr<Result> begin(http::ClientRequest request, milliseconds patience = 10min) {
    auto result = std::make_shared<Result>();
    asio::co_spawn(loop.get_executor(), upstream->send(std::move(request), clock.now() + patience),
                   [result](std::exception_ptr error, Upstream::Answer answer) {
                     *result = {true, std::move(error), std::move(answer)};
                   });
    return result;
  }

  Upstream::Answer finish(const Result& result) {
    while (!result.done) loop.run_one();
    if (result.error) std::rethrow_exception(result.error);
    return result.answer;
  }

  Upstream::Answer send(http::ClientRequest request, milliseconds patience = 10min) {
    return finish(*begin(std::move(request), patience));
  }

  Loop loop{1};
  asio::executor_work_guard<LoopExecutor> work = asio::make_work_guard(loop);
  SystemClock clock;
  observe::Metrics metrics;
  http::Client client{loop, {}};
  std::unique_ptr<Upstream> upstream;
  Acceptor dead = reserved_port(loop);  ///< bound but not listening: connections are refused
  std::string dead_url = url_of(dead.local_endpoint().port());
};

TEST_F(UpstreamTest, takes_the_replicas_in_turn) {
  ServingReplica first;
  ServingReplica second;
  make({{"first", first.url()}, {"second", second.url()}});
  for (const char* expected : {"first", "second", "first", "second"}) {
    const auto answer = send(get());
    EXPECT_EQ(answer.replica, expected);
    EXPECT_EQ(answer.response.status, 200U);
    EXPECT_EQ(answer.response.body, "answer");
  }
}

TEST_F(UpstreamTest, a_frozen_replica_gets_no_second_request_while_another_answers) {
  BrokenReplica frozen(loop, Manner::keeps_silent);
  ServingReplica alive;
  make({{"frozen", frozen.url()}, {"alive", alive.url()}}, {.attempt_timeout = 10min});
  const auto stuck = begin(get());
  while (frozen.requests() == 0) loop.run_one();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(send(get()).replica, "alive");
  EXPECT_FALSE(stuck->done);
  frozen.drop_all();
  EXPECT_EQ(finish(*stuck).replica, "alive");
  // With nothing under way anywhere it is again one among equals.
  const auto next = begin(get());
  while (frozen.requests() == 1 && !next->done) loop.run_one();
  EXPECT_EQ(frozen.requests(), 2);
}

TEST_F(UpstreamTest, masks_a_dead_replica_and_takes_it_out_of_turn) {
  ServingReplica alive;
  make({{"dead", dead_url}, {"alive", alive.url()}});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(send(get()).replica, "alive");
  EXPECT_EQ(alive.requests(), 10);
  const std::string text = metrics.expose();
  EXPECT_THAT(text, HasSubstr("bazar_upstream_ejections_total{replica=\"dead\",service=\"catalog\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("bazar_upstream_requests_total{outcome=\"connect_failed\",replica=\"dead\","
                              "service=\"catalog\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("bazar_upstream_retries_total{service=\"catalog\"} 2\n"));
}

TEST_F(UpstreamTest, repeats_an_idempotent_request_after_a_lost_connection) {
  BrokenReplica broken(loop, Manner::closes);
  ServingReplica alive;
  make({{"broken", broken.url()}, {"alive", alive.url()}});
  EXPECT_EQ(send(get()).replica, "alive");
  EXPECT_EQ(broken.requests(), 1);
}

TEST_F(UpstreamTest, never_repeats_another_request_after_a_lost_connection) {
  BrokenReplica broken(loop, Manner::closes);
  ServingReplica alive;
  make({{"broken", broken.url()}, {"alive", alive.url()}});
  EXPECT_THROW(send(post()), http::ConnectionLost);
  EXPECT_EQ(broken.requests(), 1);
  EXPECT_EQ(alive.requests(), 0);
}

TEST_F(UpstreamTest, sends_any_request_elsewhere_when_it_cannot_connect) {
  ServingReplica alive;
  make({{"dead", dead_url}, {"alive", alive.url()}});
  EXPECT_EQ(send(post()).replica, "alive");
  EXPECT_EQ(alive.requests(), 1);
}

TEST_F(UpstreamTest, turns_from_a_replica_that_answers_503_to_the_next) {
  ServingReplica ill(503);
  ServingReplica well;
  make({{"ill", ill.url()}, {"well", well.url()}});
  EXPECT_EQ(send(get()).replica, "well");
  EXPECT_EQ(ill.requests(), 1);
}

TEST_F(UpstreamTest, passes_on_a_503_that_must_not_be_repeated) {
  ServingReplica ill(503);
  ServingReplica well;
  make({{"ill", ill.url()}, {"well", well.url()}});
  EXPECT_EQ(send(post()).response.status, 503U);
  EXPECT_EQ(well.requests(), 0);
}

TEST_F(UpstreamTest, answers_503_when_every_replica_does_after_a_bounded_number_of_attempts) {
  ServingReplica ill(503);
  make({{"ill", ill.url()}}, {.max_attempts = 3});
  EXPECT_EQ(send(get()).response.status, 503U);
  EXPECT_EQ(ill.requests(), 3);
}

TEST_F(UpstreamTest, knows_that_nothing_was_done_where_each_replica_that_was_reached_refused_for_load) {
  ServingReplica busy(http::to_response(http::overloaded("full")));
  make({{"dead", dead_url}, {"busy", busy.url()}});
  const auto answer = send(get());
  EXPECT_EQ(answer.response.status, 503U);
  EXPECT_TRUE(answer.overloaded);
  EXPECT_THROW(throw_outage(answer), Overloaded);
}

TEST_F(UpstreamTest, does_not_say_that_nothing_was_done_after_an_attempt_that_got_no_answer) {
  ServingReplica busy(http::to_response(http::overloaded("full")));
  BrokenReplica lossy(loop, Manner::closes);
  make({{"busy", busy.url()}, {"lossy", lossy.url()}});
  const auto answer = send(get());
  EXPECT_EQ(answer.response.status, 503U);
  EXPECT_GE(lossy.requests(), 1);
  EXPECT_FALSE(answer.overloaded);
  EXPECT_THROW(throw_outage(answer), Unavailable);
}

TEST_F(UpstreamTest, takes_no_other_503_for_a_refusal_for_load) {
  ServingReplica ill(503);
  make({{"ill", ill.url()}});
  EXPECT_FALSE(send(get()).overloaded);
}

TEST_F(UpstreamTest, keeps_retries_within_their_budget) {
  ServingReplica ill(503);
  make({{"ill", ill.url()}}, {.max_attempts = 3});
  constexpr int requests = 60;
  for (int i = 0; i < requests; ++i) EXPECT_EQ(send(get()).response.status, 503U);
  EXPECT_GT(ill.requests(), requests);
  EXPECT_LE(ill.requests(), requests + 10 + requests / 5);
}

TEST_F(UpstreamTest, gives_up_long_before_the_deadline_when_nobody_answers) {
  make({{"dead", dead_url}});
  try {
    send(get());
    FAIL() << "nobody is there to answer";
  } catch (const DeadlineExceeded&) {
    FAIL() << "there were ten minutes";
  } catch (const Unavailable& error) {
    EXPECT_STREQ(error.what(), "no replica of catalog answers");
  }
}

TEST_F(UpstreamTest, says_that_nobody_answers_when_no_replica_is_known) {
  make({});
  EXPECT_THROW(send(get()), Unavailable);
  EXPECT_THROW(send(post()), Unavailable);
}

TEST_F(UpstreamTest, waits_a_moment_for_a_replica_to_come) {
  ServingReplica alive;
  make({});
  const auto result = begin(get());
  asio::post(loop, [&] { upstream->set_replicas({{"alive", alive.url()}}); });
  EXPECT_EQ(finish(*result).replica, "alive");
}

TEST_F(UpstreamTest, spends_one_attempt_and_not_the_deadline_on_a_frozen_replica) {
  BrokenReplica frozen(loop, Manner::keeps_silent);
  ServingReplica alive;
  make({{"frozen", frozen.url()}, {"alive", alive.url()}}, {.attempt_timeout = 250ms});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(send(get()).replica, "alive");
  EXPECT_EQ(frozen.requests(), 2) << "after two of them it is out of turn";
}

TEST_F(UpstreamTest, says_when_the_deadline_has_passed) {
  BrokenReplica frozen(loop, Manner::keeps_silent);
  make({{"frozen", frozen.url()}});
  EXPECT_THROW(send(get(), 20ms), DeadlineExceeded);
  EXPECT_THROW(send(post(), 20ms), DeadlineExceeded);
}

TEST_F(UpstreamTest, does_not_blame_a_replica_for_callers_in_a_hurry) {
  BrokenReplica frozen(loop, Manner::keeps_silent);
  make({{"frozen", frozen.url()}});
  for (int i = 0; i < 5; ++i) EXPECT_THROW(send(get(), 10ms), DeadlineExceeded);
  EXPECT_THAT(metrics.expose(),
              HasSubstr("bazar_upstream_ejections_total{replica=\"frozen\",service=\"catalog\"} 0\n"));
}

TEST_F(UpstreamTest, finds_by_its_probes_that_a_replica_is_back) {
  ServingReplica alive;
  make({{"restarted", dead_url}, {"alive", alive.url()}},
       {.balancer = {.ejection_base = 10ms, .ejection_cap = 10min}, .probe_interval = 5ms});
  for (int i = 0; i < 4; ++i) EXPECT_EQ(send(get()).replica, "alive");
  upstream->start_probes();
  const std::uint16_t port = dead.local_endpoint().port();
  dead.close();
  ServingReplica restarted(200, port);
  while (send(get()).replica != "restarted") {
  }
  upstream->stop();
}

TEST_F(UpstreamTest, asks_one_that_lives_no_further_request_before_it_answers_the_probe_that_it_is_told) {
  IncapableReplica first;
  ServingReplica second;
  make({{"1", first.url()}, {"2", second.url()}},
       {.balancer = {.equals = Among::first, .ejection_base = 1ms, .ejection_cap = 10min},
        .probe_target = "/probe",
        .probe_interval = 1ms});
  upstream->start_probes();
  while (first.probes() < 5) EXPECT_EQ(send(get()).replica, "2");
  EXPECT_EQ(first.requests(), 2) << "those that ejected it";
  first.recover();
  while (send(get()).replica != "1") {
  }
  upstream->stop();
}

TEST_F(UpstreamTest, leaves_out_a_replica_without_a_usable_url) {
  ServingReplica alive;
  make({{"odd", "ftp://x"}, {"alive", alive.url()}});
  EXPECT_EQ(upstream->replicas(), (std::vector<Replica>{{"alive", alive.url()}}));
  EXPECT_EQ(send(get()).replica, "alive");
}

TEST_F(UpstreamTest, may_be_destroyed_while_requests_wait) {
  BrokenReplica frozen(loop, Manner::keeps_silent);
  make({{"frozen", frozen.url()}});
  upstream->start_probes();
  const auto waiting_for_answer = begin(get());
  while (frozen.requests() == 0) loop.run_one();
  upstream->set_replicas({});
  const auto waiting_for_replica = begin(get());
  loop.poll();
  upstream.reset();
  frozen.drop_all();
  EXPECT_THROW(finish(*waiting_for_answer), http::ConnectionLost);
  EXPECT_THROW(finish(*waiting_for_replica), Unavailable);
}

}  // namespace
}  // namespace bazar::balancer
