#include "db/group_committer.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <future>
#include <latch>

namespace bazar::db {
namespace {

using Doubler = GroupCommitter<int, int>;

void double_all(std::span<Doubler::Item> batch) {
  for (auto& item : batch) item.outcome = 2 * item.request;
}

struct Result {
  int value = 0;
  std::exception_ptr error;
};

void submit_on(Loop& loop, Doubler& committer, int request, Result& result) {
  asio::co_spawn(loop, committer.submit(request), [&result](std::exception_ptr error, int value) {
    result.value = value;
    result.error = std::move(error);
  });
}

TEST(GroupCommitter, gives_each_request_its_own_outcome) {
  Doubler committer(double_all);
  Loop loop;
  std::vector<Result> results(100);
  for (int i = 0; i < 100; ++i) submit_on(loop, committer, i, results[i]);
  loop.run();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(results[i].value, 2 * i);
}

TEST(GroupCommitter, what_arrives_while_a_batch_commits_shares_the_next_one) {
  std::latch first_started(1), release(1);
  std::vector<std::size_t> batches;
  Doubler committer([&](std::span<Doubler::Item> batch) {
    batches.push_back(batch.size());
    if (batches.size() == 1) {
      first_started.count_down();
      release.wait();
    }
    double_all(batch);
  });
  Loop loop;
  std::vector<Result> results(8);
  submit_on(loop, committer, 0, results[0]);
  loop.poll();
  first_started.wait();
  for (int i = 1; i < 8; ++i) submit_on(loop, committer, i, results[i]);
  loop.poll();
  EXPECT_EQ(committer.queue_depth(), 7u);
  release.count_down();
  loop.run();
  EXPECT_EQ(batches, (std::vector<std::size_t>{1, 7}));
}

TEST(GroupCommitter, a_batch_is_bounded) {
  std::latch first_started(1), release(1);
  std::vector<std::size_t> batches;
  Doubler committer(
      [&](std::span<Doubler::Item> batch) {
        batches.push_back(batch.size());
        if (batches.size() == 1) {
          first_started.count_down();
          release.wait();
        }
        double_all(batch);
      },
      {.max_batch = 3, .max_queue = 100});
  Loop loop;
  std::vector<Result> results(8);
  submit_on(loop, committer, 0, results[0]);
  loop.poll();
  first_started.wait();
  for (int i = 1; i < 8; ++i) submit_on(loop, committer, i, results[i]);
  loop.poll();
  release.count_down();
  loop.run();
  EXPECT_EQ(batches, (std::vector<std::size_t>{1, 3, 3, 1}));
  for (int i = 0; i < 8; ++i) EXPECT_EQ(results[i].value, 2 * i);
}

TEST(GroupCommitter, a_failed_batch_fails_each_of_its_requests_and_no_later_one) {
  bool fail = true;
  Doubler committer([&](std::span<Doubler::Item> batch) {
    if (std::exchange(fail, false)) throw Unavailable("the disk is full");
    double_all(batch);
  });
  Loop loop;
  Result first, second;
  submit_on(loop, committer, 1, first);
  loop.run();
  EXPECT_THROW(std::rethrow_exception(first.error), Unavailable);
  loop.restart();
  submit_on(loop, committer, 2, second);
  loop.run();
  EXPECT_EQ(second.value, 4);
}

// Requests are their own weight.
std::size_t own_weight(const int& request) { return static_cast<std::size_t>(request); }

TEST(GroupCommitter, a_batch_is_bounded_by_the_work_in_it) {
  std::latch first_started(1), release(1);
  std::vector<std::vector<int>> batches;
  Doubler committer(
      [&](std::span<Doubler::Item> batch) {
        batches.emplace_back();
        for (const auto& item : batch) batches.back().push_back(item.request);
        if (batches.size() == 1) {
          first_started.count_down();
          release.wait();
        }
        double_all(batch);
      },
      {.max_batch_weight = 10}, own_weight);
  Loop loop;
  std::vector<Result> results(7);
  submit_on(loop, committer, 1, results[0]);
  loop.poll();
  first_started.wait();
  const std::vector<int> weights{4, 6, 1, 50, 3, 3};
  for (std::size_t i = 0; i < weights.size(); ++i) submit_on(loop, committer, weights[i], results[i + 1]);
  loop.poll();
  release.count_down();
  loop.run();
  EXPECT_EQ(batches, (std::vector<std::vector<int>>{{1}, {4, 6}, {1}, {50}, {3, 3}}));
}

TEST(GroupCommitter, refuses_work_past_the_queue_bound) {
  std::latch first_started(1), release(1);
  std::atomic<bool> first = true;
  Doubler committer(
      [&](std::span<Doubler::Item> batch) {
        if (first.exchange(false)) {
          first_started.count_down();
          release.wait();
        }
        double_all(batch);
      },
      {.max_queue_weight = 10}, own_weight);
  Loop loop;
  std::vector<Result> results(5);
  submit_on(loop, committer, 1, results[0]);
  loop.poll();
  first_started.wait();
  submit_on(loop, committer, 9, results[1]);
  submit_on(loop, committer, 2, results[2]);
  submit_on(loop, committer, 1, results[3]);
  loop.poll();
  release.count_down();
  loop.run();
  EXPECT_EQ(results[1].value, 18);
  EXPECT_THROW(std::rethrow_exception(results[2].error), Overloaded);
  EXPECT_EQ(results[3].value, 2);
  loop.restart();
  submit_on(loop, committer, 100, results[4]);
  loop.run();
  EXPECT_EQ(results[4].value, 200) << "what has committed is queued no more, and an empty queue takes all";
}

TEST(GroupCommitter, a_faulty_request_fails_alone) {
  std::latch first_started(1), release(1);
  std::atomic<bool> first = true;
  Doubler committer([&](std::span<Doubler::Item> batch) {
    if (first.exchange(false)) {
      first_started.count_down();
      release.wait();
    }
    if (std::ranges::any_of(batch, [](const auto& item) { return item.request == 2; })) {
      throw std::logic_error("a constraint failed");
    }
    double_all(batch);
  });
  Loop loop;
  std::vector<Result> results(4);
  submit_on(loop, committer, 0, results[0]);
  loop.poll();
  first_started.wait();
  for (int i = 1; i < 4; ++i) submit_on(loop, committer, i, results[i]);
  loop.poll();
  release.count_down();
  loop.run();
  EXPECT_EQ(results[1].value, 2);
  EXPECT_THROW(std::rethrow_exception(results[2].error), std::logic_error);
  EXPECT_EQ(results[3].value, 6);
}

TEST(GroupCommitter, an_outage_is_not_tried_again) {
  std::latch first_started(1), release(1);
  std::vector<std::size_t> batches;
  Doubler committer([&](std::span<Doubler::Item> batch) {
    batches.push_back(batch.size());
    if (batches.size() == 1) {
      first_started.count_down();
      release.wait();
      return;
    }
    throw Unavailable("the disk is full");
  });
  Loop loop;
  std::vector<Result> results(3);
  submit_on(loop, committer, 0, results[0]);
  loop.poll();
  first_started.wait();
  for (int i = 1; i < 3; ++i) submit_on(loop, committer, i, results[i]);
  loop.poll();
  release.count_down();
  loop.run();
  EXPECT_EQ(batches, (std::vector<std::size_t>{1, 2}));
  for (int i = 1; i < 3; ++i) EXPECT_THROW(std::rethrow_exception(results[i].error), Unavailable);
}

TEST(GroupCommitter, refuses_what_is_past_the_queue_bound) {
  std::latch first_started(1), release(1);
  std::atomic<bool> first = true;
  Doubler committer(
      [&](std::span<Doubler::Item> batch) {
        if (first.exchange(false)) {
          first_started.count_down();
          release.wait();
        }
        double_all(batch);
      },
      {.max_batch = 10, .max_queue = 2});
  Loop loop;
  std::vector<Result> results(4);
  submit_on(loop, committer, 0, results[0]);
  loop.poll();
  first_started.wait();
  for (int i = 1; i < 4; ++i) submit_on(loop, committer, i, results[i]);
  loop.poll();
  release.count_down();
  loop.run();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(results[i].value, 2 * i);
  EXPECT_THROW(std::rethrow_exception(results[3].error), Overloaded);
}

TEST(GroupCommitter, stopping_finishes_the_batch_under_way_and_answers_what_waits) {
  std::latch first_started(1), release(1);
  auto committer = std::make_unique<Doubler>([&](std::span<Doubler::Item> batch) {
    first_started.count_down();
    release.wait();
    double_all(batch);
  });
  Loop loop;
  std::vector<Result> results(2);
  submit_on(loop, *committer, 21, results[0]);
  loop.poll();
  first_started.wait();
  submit_on(loop, *committer, 1, results[1]);
  loop.poll();
  auto stopped = std::async(std::launch::async, [&] { committer.reset(); });
  release.count_down();
  stopped.wait();
  loop.run();
  EXPECT_EQ(results[0].value, 42);
  // Whether the second was still taken depends on who was first; it is answered in either case.
  if (results[1].error) {
    EXPECT_THROW(std::rethrow_exception(results[1].error), Unavailable);
  } else {
    EXPECT_EQ(results[1].value, 2);
  }
}

}  // namespace
}  // namespace bazar::db
