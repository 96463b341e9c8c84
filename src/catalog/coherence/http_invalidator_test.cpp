#include "catalog/coherence/http_invalidator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "catalog/testing/test_support.hpp"
#include "json/decode.hpp"

namespace bazar::catalog {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr milliseconds generous{20'000};
constexpr milliseconds short_patience{100};

Task<http::Response> say(std::string body) { co_return http::json_response(200, std::move(body)); }
Task<http::Response> answer(unsigned status) { co_return http::text_response(status, "said the front-end"); }

Task<http::Response> never() {
  Timer timer(co_await asio::this_coro::executor, SteadyTime::max());
  co_await timer.async_wait(use_task);
  co_return http::no_content();
}

http::Handler answering(unsigned status) {
  return [status](http::Request&) { return answer(status); };
}

/// A front-end that answers every invalidation alike.
struct FakeFrontend {
  explicit FakeFrontend(std::string called, http::Handler handler)
      : server(http::Method::post, "/invalidate", std::move(handler)), name(std::move(called)) {}
  [[nodiscard]] Member member() const {
    return {Role::frontend,   name, "http://127.0.0.1:1", server.url(), "incarnation-of-" + name,
            MemberState::live};
  }
  OneRouteServer server;
  std::string name;
};

Invalidation invalidation() { return {"epoch", {}, 42, {BookId{2}, BookId{7}}, true}; }

TEST(HttpInvalidator, nobody_to_ask_is_everybody_approving) {
  HttpInvalidator invalidator({});
  EXPECT_THAT(invalidator.ask(invalidation(), {}).silent, IsEmpty());
}

TEST(HttpInvalidator, a_200_approves_and_the_connection_serves_the_next_write) {
  std::atomic<int> asked = 0;
  FakeFrontend frontend("frontend-1", [&](http::Request&) { return ++asked, answer(200); });
  HttpInvalidator invalidator({.patience = generous});
  const std::vector members{frontend.member()};
  for (int i = 0; i < 3; ++i) EXPECT_THAT(invalidator.ask(invalidation(), members).silent, IsEmpty());
  EXPECT_EQ(asked, 3);
}

TEST(HttpInvalidator, each_front_end_gets_its_own_incarnation_and_the_service_token) {
  std::mutex mutex;
  std::vector<std::string> heard;
  const auto listen = [&](http::Request& request) {
    const auto body = json::decode<Invalidation>(request.body);
    const std::lock_guard hold(mutex);
    heard.push_back(body
                        ? body->epoch + ' ' + body->incarnation + ' ' + std::to_string(body->revision) + ' ' +
                              std::to_string(body->books.size()) + (body->listing ? " listing " : " ") +
                              std::string(request.header("Authorization").value_or("none"))
                        : body.error().detail);
    return answer(200);
  };
  FakeFrontend one("one", listen);
  FakeFrontend two("two", listen);
  HttpInvalidator invalidator({.service_token = "secret", .patience = generous});
  const std::vector members{one.member(), two.member()};
  EXPECT_THAT(invalidator.ask(invalidation(), members).silent, IsEmpty());
  const std::lock_guard hold(mutex);
  EXPECT_THAT(heard, testing::UnorderedElementsAre("epoch incarnation-of-one 42 2 listing Bearer secret",
                                                   "epoch incarnation-of-two 42 2 listing Bearer secret"));
}

TEST(HttpInvalidator, who_approves_says_what_it_caches) {
  const auto saying = [](const std::string& body) -> http::Handler {
    return [body](http::Request&) { return say(body); };
  };
  FakeFrontend some("some", saying(R"({"cached":[7]})"));
  FakeFrontend nothing("nothing", saying("{}"));
  FakeFrontend odd("odd", saying(R"({"cached":["seven"]})"));
  HttpInvalidator invalidator({.patience = generous});
  const std::vector members{some.member(), nothing.member(), odd.member()};
  const Answers answers = invalidator.ask(invalidation(), members);
  EXPECT_THAT(answers.silent, IsEmpty());
  ASSERT_EQ(answers.approved.size(), 3U);
  EXPECT_EQ(answers.approved[0].frontend, some.member());
  EXPECT_THAT(answers.approved[0].cached, ElementsAre(BookId{7}));
  EXPECT_THAT(answers.approved[1].cached, IsEmpty());
  EXPECT_THAT(answers.approved[2].cached, IsEmpty());
}

TEST(HttpInvalidator, any_other_status_is_no_approval) {
  for (const unsigned status : {204U, 401U, 404U, 409U, 500U, 503U}) {
    FakeFrontend frontend("frontend-1", answering(status));
    HttpInvalidator invalidator({.patience = generous});
    const std::vector members{frontend.member()};
    EXPECT_THAT(invalidator.ask(invalidation(), members).silent, ElementsAre(frontend.member())) << status;
  }
}

TEST(HttpInvalidator, a_front_end_that_is_not_there_is_silent_at_once) {
  HttpInvalidator invalidator({.patience = std::chrono::minutes(10)});
  const std::vector members{
      Member{Role::frontend, "dead", "http://127.0.0.1:1", dead_url(), "x", MemberState::live}};
  EXPECT_THAT(invalidator.ask(invalidation(), members).silent, ElementsAre(members[0]));
}

TEST(HttpInvalidator, an_address_that_is_none_is_silent) {
  HttpInvalidator invalidator({.patience = generous});
  const std::vector members{Member{Role::frontend, "odd", "nowhere", "", "x", MemberState::live}};
  EXPECT_THAT(invalidator.ask(invalidation(), members).silent, ElementsAre(members[0]));
}

TEST(HttpInvalidator, only_the_hanging_one_is_silent_and_the_next_write_still_reaches_the_other) {
  FakeFrontend good("good", answering(200));
  FakeFrontend hanging("hanging", [](http::Request&) { return never(); });
  HttpInvalidator invalidator({.patience = short_patience});
  const std::vector both{good.member(), hanging.member()};
  EXPECT_THAT(invalidator.ask(invalidation(), both).silent, ElementsAre(hanging.member()));
  EXPECT_THAT(invalidator.ask(invalidation(), both).silent, ElementsAre(hanging.member()));
  const std::vector only_good{good.member()};
  EXPECT_THAT(invalidator.ask(invalidation(), only_good).silent, IsEmpty());
}

TEST(HttpInvalidator, a_front_end_restarted_on_its_port_is_asked_over_a_new_connection) {
  HttpInvalidator invalidator({.patience = generous});
  auto first = std::make_unique<OneRouteServer>(http::Method::post, "/invalidate", answering(200));
  const auto url = first->url();
  const std::vector members{Member{Role::frontend, "frontend-1", url, url, "x", MemberState::live}};
  EXPECT_THAT(invalidator.ask(invalidation(), members).silent, IsEmpty());
  first.reset();
  OneRouteServer second(http::Method::post, "/invalidate", answering(200), http::parse_endpoint(url)->port);
  EXPECT_THAT(invalidator.ask(invalidation(), members).silent, IsEmpty());
}

TEST(HttpInvalidator, can_be_destroyed_while_a_front_end_hangs) {
  FakeFrontend hanging("hanging", [](http::Request&) { return never(); });
  auto invalidator = std::make_unique<HttpInvalidator>(HttpInvalidatorOptions{.patience = short_patience});
  const std::vector members{hanging.member()};
  EXPECT_THAT(invalidator->ask(invalidation(), members).silent, ElementsAre(members[0]));
  invalidator.reset();
}

}  // namespace
}  // namespace bazar::catalog
