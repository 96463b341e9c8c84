#include "http/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <unistd.h>

#include <future>
#include <set>
#include <system_error>

#include "base/oneshot.hpp"
#include "http/test_routes.hpp"

namespace bazar::http {
namespace {

using testing::add_routes;
using ::testing::AllOf;
using ::testing::EndsWith;
using testing::get;
using testing::HasStatus;
using ::testing::HasSubstr;
using testing::post;
using testing::RawConnection;
using testing::TestServer;
using testing::wait_for_connections;

TEST(ServerListenTest, a_port_that_is_taken_is_refused_also_where_it_is_shared_between_loops) {
  for (const unsigned threads : {1U, 2U}) {
    TestServer server(add_routes, {}, threads);
    LoopPool loops(threads);
    observe::Metrics metrics;
    const auto make_router = [](Loop&, std::size_t) { return std::make_unique<Router>(); };
    EXPECT_THROW(Server(loops, {.port = server.port()}, make_router, metrics), std::system_error) << threads;
  }
}

TEST(ServerListenTest, refuses_addresses_that_are_not_ours) {
  LoopPool loops(1);
  observe::Metrics metrics;
  const auto make_router = [](Loop&, std::size_t) { return std::make_unique<Router>(); };
  EXPECT_THROW(Server(loops, {.host = "192.0.2.1"}, make_router, metrics), std::system_error);
  EXPECT_THROW(Server(loops, {.host = "host.invalid"}, make_router, metrics), std::system_error);
}

TEST(ServerListenTest, spreads_connections_over_its_loops) {
  std::mutex mutex;
  std::set<std::thread::id> seen;
  TestServer server(
      [&](Router& router, Loop&) {
        router.add(Method::get, "/", [&](Request&) {
          const std::lock_guard lock(mutex);
          seen.insert(std::this_thread::get_id());
          return []() -> Task<Response> { co_return no_content(); }();
        });
      },
      {}, 2);
  // Which loop gets a connection is the kernel's hash of its ports: 64 on one side would be a 2⁻⁶³ chance.
  for (int i = 0; i < 64; ++i) EXPECT_THAT(RawConnection(server.port()).exchange(get("/")), HasStatus(204));
  EXPECT_EQ(seen.size(), 2U);
}

TEST(ServerConcurrencyTest, serves_many_connections_on_two_loops) {
  TestServer server(add_routes, {}, 2);
  std::atomic<int> right = 0;
  std::vector<std::thread> clients;
  for (int c = 0; c < 8; ++c) {
    clients.emplace_back([&, c] {
      RawConnection connection(server.port());
      for (int i = 0; i < 200; ++i) {
        const std::string text = std::to_string(c) + "." + std::to_string(i);
        if (connection.exchange(post("/echo", text)).ends_with("\r\n\r\n" + text)) ++right;
      }
    });
  }
  for (auto& client : clients) client.join();
  EXPECT_EQ(right, 1600);
}

/// Lets this process open no more descriptors until it goes.
class NoMoreDescriptors {
 public:
  NoMoreDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::dup(STDERR_FILENO);
    ::close(next);
    const rlimit none_left{.rlim_cur = static_cast<rlim_t>(next), .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none_left);
  }
  ~NoMoreDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoMoreDescriptors(const NoMoreDescriptors&) = delete;
  NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST(ServerAcceptTest, waits_between_its_tries_while_there_is_no_descriptor_and_then_goes_on) {
#ifdef BAZAR_SANITIZED
  GTEST_SKIP() << "UBSan's check of object types opens a pipe itself, and takes its failure for a bad object";
#endif
  TestServer server(add_routes);
  RawConnection early(server.port());
  early.exchange(get("/hello"));
  RawConnection late;
  const auto failures = [&server] {
    constexpr std::string_view name = "\nbazar_http_accept_failures_total ";
    const std::string text = server.metrics().expose();
    return std::stoi(text.substr(text.find(name) + name.size()));
  };
  {
    const NoMoreDescriptors exhausted;
    const SteadyTime start = std::chrono::steady_clock::now();
    late.connect(server.port());
    late.send(get("/hello"));
    while (failures() < 2) std::this_thread::yield();
    EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(50));
    EXPECT_THAT(early.exchange(get("/hello")), HasStatus(200));
  }
  EXPECT_THAT(late.receive(), HasStatus(200));
}

/// A route that waits until the test lets it answer.
class Gate {
 public:
  void add_to(Router& router) {
    router.add(Method::get, "/wait", [this](Request&) { return wait(); });
  }
  void wait_until_entered() { entered_.get_future().wait(); }
  void open() {
    Completion<int> completion = *std::move(completion_);
    completion_.reset();  // it must not outlive its loop
    completion.set_value(0);
  }

 private:
  Task<Response> wait() {
    co_await suspend_until_complete<int>([this](Completion<int> completion) {
      completion_.emplace(std::move(completion));
      entered_.set_value();
    });
    co_return text_response(200, "waited");
  }
  std::promise<void> entered_;
  std::optional<Completion<int>> completion_;
};

TEST(ServerStopTest, lets_requests_under_way_finish_and_closes_idle_connections) {
  Gate gate;
  TestServer server([&gate](Router& router, Loop& loop) {
    add_routes(router, loop);
    gate.add_to(router);
  });
  RawConnection idle(server.port());
  idle.exchange(get("/hello"));
  RawConnection busy(server.port());
  busy.send(get("/wait"));
  gate.wait_until_entered();
  std::thread stopper([&] { server.server().stop(milliseconds(10'000)); });
  EXPECT_TRUE(idle.is_closed_by_server());
  EXPECT_THROW(RawConnection(server.port()), boost::system::system_error) << "accepts no more";
  gate.open();
  EXPECT_THAT(busy.receive(), AllOf(HasSubstr("Connection: close\r\n"), EndsWith("waited")));
  stopper.join();
}

TEST(ServerStopTest, cuts_what_is_stuck_after_the_grace) {
  TestServer server([](Router& router, Loop& loop) {
    router.add(Method::get, "/stuck", [&loop](Request&) {
      return [](Loop& own) -> Task<Response> {
        Timer timer(own, std::chrono::hours(1));
        co_await timer.async_wait(use_task);
        co_return no_content();
      }(loop);
    });
  });
  RawConnection stuck(server.port());
  RawConnection half(server.port());
  stuck.send(get("/stuck"));
  half.send("GET /st");
  wait_for_connections(server, 2);
  const SteadyTime before = std::chrono::steady_clock::now();
  server.server().stop(milliseconds(50));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::minutes(1));
  EXPECT_TRUE(stuck.is_closed_by_server());
  EXPECT_TRUE(half.is_closed_by_server());
  EXPECT_THAT(server.metrics().expose(), HasSubstr("bazar_http_connections 0"));
}

/// Told in an hour; whoever waits on the loop until then keeps it.
class InAnHour final : public Later, public std::enable_shared_from_this<InAnHour> {
 public:
  InAnHour(Loop& loop, std::promise<void>& asked) : timer_(loop, std::chrono::hours(1)), asked_(asked) {}
  void tell(Told told) override {
    told_ = std::move(told);
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (!error) self->told_(nullptr, no_content());
    });
    asked_.set_value();
  }

 private:
  Timer timer_;
  std::promise<void>& asked_;
  Told told_;
};

TEST(ServerStopTest, lets_go_of_who_waits_for_an_answer_when_its_loops_end) {
  std::promise<void> asked;
  std::weak_ptr<Later> waiting;
  {
    TestServer server([&](Router& router, Loop& loop) {
      router.add(Method::get, "/later", [&](Request&) -> Reply {
        auto later = std::make_shared<InAnHour>(loop, asked);
        waiting = later;
        return later;
      });
    });
    RawConnection connection(server.port());
    connection.send(get("/later"));
    asked.get_future().wait();
    server.server().stop(milliseconds(0));
    server.loops().stop();
  }
  EXPECT_TRUE(waiting.expired());
}

TEST(ServerStopTest, ends_although_a_handler_never_does) {
  Gate gate;
  TestServer server([&gate](Router& router, Loop&) { gate.add_to(router); });
  RawConnection connection(server.port());
  connection.send(get("/wait"));
  gate.wait_until_entered();
  server.server().stop(milliseconds(0));
  EXPECT_TRUE(connection.is_closed_by_server());
  gate.open();
}

}  // namespace
}  // namespace bazar::http
