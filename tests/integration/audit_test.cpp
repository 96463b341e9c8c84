// `bazar audit` on a real store: it finds nothing wrong in one whose servers are killed, and finds a
// front-end that lies.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <boost/json.hpp>
#include <cstdio>
#include <map>

#include "base/temporary_folder.hpp"
#include "http/loop_pool.hpp"
#include "http/server.hpp"
#include "tests/harness/store_process.hpp"

namespace bazar {
namespace {

using harness::StoreProcess;
using testing::HasSubstr;

struct Finished {
  int code = -1;
  std::string output;
};

// Its report; what it says on standard error goes to the test's.
Finished audit(const std::string& arguments) {
  const auto command = fmt::format("timeout 100 {} audit {} </dev/null", BAZAR_BINARY, arguments);
  Finished finished;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  std::array<char, 4'096> buffer{};
  while (const auto got = std::fread(buffer.data(), 1, buffer.size(), pipe))
    finished.output.append(buffer.data(), got);
  finished.code = WEXITSTATUS(::pclose(pipe));
  return finished;
}

std::string urls_of(const StoreProcess& store) {
  std::string urls;
  for (const auto& member : store.members("frontend")) urls += http::to_url(member.endpoint) + ' ';
  return urls;
}

/// By name: held, broken or undecided.
std::map<std::string, std::string> promises_of(const boost::json::value& report) {
  std::map<std::string, std::string> results;
  for (const auto& promise : report.at("promises").as_array()) {
    results.emplace(std::string(promise.at("promise").as_string()),
                    std::string(promise.at("result").as_string()));
  }
  return results;
}

/// Between the audit and a front-end: passes everything on, but answers one lookup in four with what it
/// remembers from the first one of that book.
class LyingProxy {
 public:
  explicit LyingProxy(http::Endpoint truth) : truth_(std::move(truth)) {
    server_.emplace(
        loops_, http::ServerOptions{},
        [this](Loop& loop, std::size_t) {
          client_.emplace(loop, http::ClientOptions{});
          return routes();
        },
        metrics_);
    server_->start();
    loops_.start();
  }
  ~LyingProxy() {
    server_->stop(milliseconds(1'000));
    loops_.stop();
  }
  LyingProxy(const LyingProxy&) = delete;
  LyingProxy& operator=(const LyingProxy&) = delete;

  [[nodiscard]] std::string url() const { return fmt::format("http://127.0.0.1:{}", server_->port()); }

 private:
  std::unique_ptr<http::Router> routes() {
    auto router = std::make_unique<http::Router>();
    const auto pass_on = [this](http::Request& request) { return relay(request); };
    const auto json = http::BodyRule::json();
    router->add(http::Method::get, "/info/{id}", [this](http::Request& request) { return info(request); });
    router->add(http::Method::get, "/orders", pass_on);
    router->add(http::Method::get, "/orders/{id}", pass_on);
    router->add(http::Method::post, "/purchase/{id}", json, pass_on);
    router->add(http::Method::post, "/books", json, pass_on);
    router->add(http::Method::patch, "/books/{id}", json, pass_on);
    router->add(http::Method::post, "/books/{id}/stock", json, pass_on);
    router->add(http::Method::del, "/books/{id}", pass_on);
    return router;
  }

  Task<http::Response> relay(http::Request& request) {
    http::ClientRequest forwarded{
        .method = request.method, .target = std::string(request.target), .body = std::string(request.body)};
    for (const std::string_view name : {"Authorization", "Idempotency-Key", "Accept"}) {
      if (const auto value = request.header(name))
        forwarded.headers.push_back({std::string(name), std::string(*value)});
    }
    const auto answer = co_await client_->send(truth_, forwarded, request.deadline);
    http::Response response = http::json_response(answer.status, answer.body);
    if (const auto tag = answer.header("ETag")) response.set("ETag", std::string(*tag));
    co_return response;
  }

  Task<http::Response> info(http::Request& request) {
    const std::string book = request.params[0];
    const auto remembered = remembered_.find(book);
    if (remembered != remembered_.end() && ++lookups_ % 4 == 0)
      co_return http::json_response(200, remembered->second);
    http::Response response = co_await relay(request);
    if (response.status == 200) remembered_.emplace(book, response.body);
    co_return response;
  }

  http::Endpoint truth_;
  observe::Metrics metrics_;
  http::LoopPool loops_{1};
  std::optional<http::Client> client_;
  std::map<std::string, std::string> remembered_;
  unsigned lookups_ = 0;
  std::optional<http::Server> server_;
};

TEST(Audit, finds_nothing_wrong_in_a_store_whose_servers_are_killed) {
  const TemporaryFolder folder;
  StoreProcess store(folder.path(), {"--frontends", "3"});
  const auto finished =
      audit(fmt::format("{} --data {} --duration 6s --kill-from {} --kill-every 500ms --json", urls_of(store),
                        folder.path().string(), (folder.path() / "members.json").string()));
  ASSERT_EQ(finished.code, 0) << finished.output;
  const auto report = boost::json::parse(finished.output);
  EXPECT_EQ(report.at("result").as_string(), "held");
  EXPECT_GE(report.at("kills").as_array().size(), 3U);
  EXPECT_EQ(promises_of(report).size(), 6U);
  for (const auto& [promise, result] : promises_of(report)) EXPECT_EQ(result, "held") << promise;
  for (const auto& kind : report.at("operations").as_array())
    EXPECT_GT(kind.at("done").to_number<int>(), 0) << kind;
  EXPECT_TRUE(report.at("not_removed").as_array().empty());
  EXPECT_EQ(store.terminate(), 0);
}

TEST(Audit, finds_a_front_end_that_answers_from_an_old_memory) {
  const TemporaryFolder folder;
  StoreProcess store(folder.path(), {"--frontends", "1"});
  const LyingProxy proxy(store.frontend());
  const auto finished = audit(fmt::format("{} {} --data {} --duration 2s --json", urls_of(store), proxy.url(),
                                          folder.path().string()));
  ASSERT_EQ(finished.code, 1) << finished.output;
  const auto report = boost::json::parse(finished.output);
  // The stock at the end is asked of the first front-end.
  for (const auto& [promise, result] : promises_of(report))
    EXPECT_EQ(result, promise == "fresh_answers" ? "broken" : "held") << promise;
  EXPECT_THAT(finished.output, HasSubstr("stale, "));
}

TEST(Audit, that_cannot_begin_says_so) {
  const TemporaryFolder folder;
  StoreProcess store(folder.path());
  const auto data = folder.path().string();
  EXPECT_EQ(audit("").code, 2);
  EXPECT_EQ(audit("http://127.0.0.1:1 --data " + data).code, 2);
  EXPECT_EQ(audit(urls_of(store) + "--books 999999 --data " + data).code, 2);
  EXPECT_EQ(audit(urls_of(store) + "--duration 5 --data " + data).code, 2);
  EXPECT_EQ(audit(urls_of(store) + "--kill-from /nowhere --data " + data).code, 2);
}

}  // namespace
}  // namespace bazar
