#include "load/recorder.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "load/report.hpp"

namespace bazar::load {
namespace {

using namespace std::chrono_literals;

constexpr Answer ok{.status = 200, .keep_alive = true, .cache = CacheOutcome::hit};

/// Measures from 1 s to 3 s, in steps of half a second.
Recorder recorder(Observer observer = {}) { return {{.begin = 1s, .end = 3s}, 500ms, std::move(observer)}; }

TEST(Recorder, measures_what_is_due_in_the_interval) {
  Recorder recorder = load::recorder();
  recorder.answered(Operation::lookup, 999ms, 1'500ms, ok);
  recorder.answered(Operation::lookup, 1s, 1'200ms, ok);
  recorder.answered(Operation::lookup, 2'999ms, 4s, ok);
  recorder.answered(Operation::lookup, 3s, 3s, ok);
  const Result result = recorder.take(0);
  EXPECT_EQ(result.of(Operation::lookup).succeeded, 2U);
  EXPECT_EQ(result.of(Operation::lookup).latency.count(), 2U);
  EXPECT_EQ(result.of(Operation::lookup).latency.min(), 200ms);
  EXPECT_EQ(result.of(Operation::lookup).latency.max(), 1'001ms);
  // But rates go by when answers came: those at 1.5 and 1.2 s.
  EXPECT_DOUBLE_EQ(result.answers_per_s, 1);
}

TEST(Recorder, tells_refused_shed_and_unexpected_apart) {
  Recorder recorder = load::recorder();
  for (const unsigned status : {200U, 201U, 403U, 429U, 503U, 500U, 404U, 999U}) {
    recorder.answered(Operation::purchase, 2s, 2s + 1ms, {.status = status});
  }
  recorder.failed(Operation::purchase, 2s, Failure::lost);
  recorder.failed(Operation::purchase, 2s, Failure::timed_out);
  recorder.dropped(2s);
  const Result result = recorder.take(0);
  const OperationResult& purchases = result.of(Operation::purchase);
  EXPECT_EQ(purchases.succeeded, 2U);
  EXPECT_EQ(purchases.refused, 1U);
  EXPECT_EQ(purchases.shed, 2U);
  EXPECT_EQ(purchases.unexpected, 3U);
  EXPECT_EQ(purchases.lost, 1U);
  EXPECT_EQ(purchases.timed_out, 1U);
  EXPECT_EQ(purchases.total(), 10U);
  EXPECT_EQ(result.dropped, 1U);
  EXPECT_EQ(purchases.latency.count(), 3U) << "of what the store decided";
  EXPECT_EQ(purchases.shed_latency.count(), 2U);
  EXPECT_EQ(result.statuses.at(403), 1U);
  EXPECT_DOUBLE_EQ(result.answers_per_s, 4);
  EXPECT_DOUBLE_EQ(result.goodput_per_s, 1);
}

TEST(Recorder, keeps_a_time_line_of_the_whole_run) {
  std::vector<Sample> seen;
  Recorder recorder = load::recorder([&](const Sample& sample) { seen.push_back(sample); });
  recorder.answered(Operation::search, 100ms, 200ms, ok);
  recorder.end_steps(500ms, 7, 64);
  recorder.answered(Operation::search, 100ms, 600ms, ok);
  recorder.failed(Operation::search, 100ms, Failure::lost);
  recorder.end_steps(1'600ms, 0, 63);
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[0].at, -1s);
  EXPECT_EQ(seen[0].succeeded, 1U);
  EXPECT_EQ(seen[0].backlog, 7U);
  EXPECT_EQ(seen[0].max, 100ms);
  EXPECT_EQ(seen[1].at, -500ms);
  EXPECT_EQ(seen[1].failed, 1U);
  EXPECT_EQ(seen[1].max, 500ms);
  EXPECT_EQ(seen[2].at, 0ms);
  EXPECT_EQ(seen[2].succeeded, 0U);
  EXPECT_EQ(seen[2].p99, 0ns);
  EXPECT_EQ(recorder.step_end(), 2s);
  EXPECT_EQ(recorder.take(0).samples.size(), 3U);
}

TEST(Recorder, a_stopped_load_is_measured_until_then) {
  Recorder recorder = load::recorder();
  recorder.answered(Operation::lookup, 1'100ms, 1'200ms, ok);
  recorder.stop(1'500ms);
  const Result result = recorder.take(0);
  EXPECT_EQ(result.measured, 500ms);
  EXPECT_DOUBLE_EQ(result.answers_per_s, 2);
}

TEST(Recorder, a_hit_ratio_is_of_answers_that_say) {
  Recorder recorder = load::recorder();
  recorder.answered(Operation::lookup, 2s, 2s, ok);
  recorder.answered(Operation::lookup, 2s, 2s, {.status = 200, .cache = CacheOutcome::miss});
  recorder.answered(Operation::lookup, 2s, 2s, {.status = 200});
  const Result result = recorder.take(0);
  EXPECT_EQ(hit_ratio(result.of(Operation::lookup)), 0.5);
  EXPECT_EQ(hit_ratio(result.of(Operation::purchase)), std::nullopt);
}

}  // namespace
}  // namespace bazar::load
