#include "cli/up/store_runner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.hpp"
#include "cli/failure.hpp"
#include "http/operations.hpp"
#include "http/testing/test_server.hpp"

namespace bazar::cli {
namespace {

using ::testing::StartsWith;

Task<std::optional<std::string>> always_ready() { co_return std::nullopt; }

/// Another store's process of that name, which has the port.
class Namesake {
 public:
  explicit Namesake(const std::string& name)
      : server_(
            [&](http::Router& router, Loop&) { http::add_operations(router, always_ready, metrics_, name); },
            {.headers = {{"X-Served-By", name}}}) {}
  [[nodiscard]] std::string url() const { return http::to_url({"127.0.0.1", server_.port()}); }

 private:
  observe::Metrics metrics_;
  http::testing::TestServer server_;
};

TEST(StoreRunner, takes_no_answer_of_a_namesake_for_that_of_its_own_child) {
  const TemporaryFolder temporary;
  DataFolder folder(temporary.path());
  const Namesake stranger("orders-1");
  // This program, which ends when it has named its tests.
  const ChildPlan child{.role = catalog::Role::orders,
                        .name = "orders-1",
                        .url = stranger.url(),
                        .arguments = {"--gtest_list_tests"}};
  StoreRunner runner(folder, {child}, "http://localhost:1", "token");
  try {
    runner.run();
    FAIL() << "it was never ready";
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), StartsWith("orders-1 cannot start: "));
  }
}

}  // namespace
}  // namespace bazar::cli
