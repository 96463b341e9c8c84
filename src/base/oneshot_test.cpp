#include "base/oneshot.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <memory>
#include <thread>

namespace bazar {
namespace {

TEST(Completion, resumes_the_coroutine_on_its_own_loop_with_the_value) {
  Loop loop(1);
  std::thread worker;
  int seen = 0;
  std::thread::id resumed_on;
  asio::co_spawn(
      loop.get_executor(),
      [](std::thread& w, int& out, std::thread::id& where) -> Task<> {
        out = *co_await suspend_until_complete<std::unique_ptr<int>>(
            [&](Completion<std::unique_ptr<int>> done) {
              w = std::thread([d = std::move(done)]() mutable { d.set_value(std::make_unique<int>(7)); });
            });
        where = std::this_thread::get_id();
      }(worker, seen, resumed_on),
      asio::detached);
  loop.run();
  worker.join();
  EXPECT_EQ(seen, 7);
  EXPECT_EQ(resumed_on, std::this_thread::get_id());
}

TEST(Completion, carries_an_error) {
  Loop loop(1);
  bool caught = false;
  asio::co_spawn(
      loop.get_executor(),
      [](bool& out) -> Task<> {
        try {
          co_await suspend_until_complete<int>([](Completion<int> done) {
            done.set_error(std::make_exception_ptr(std::runtime_error("outage")));
          });
        } catch (const std::runtime_error&) {
          out = true;
        }
      }(caught),
      asio::detached);
  loop.run();
  EXPECT_TRUE(caught);
}

}  // namespace
}  // namespace bazar
