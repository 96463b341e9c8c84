#include "observe/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

namespace bazar::observe {
namespace {

using testing::HasSubstr;

TEST(Metrics, shows_counters_with_their_labels) {
  Metrics metrics;
  metrics.counter("bazar_cache_hits_total", "Answers from the cache.").Increment();
  metrics.counter("bazar_requests_total", "Requests.", {{"service", "catalog"}, {"outcome", "o\"k\n"}})
      .Increment(3);
  const std::string text = metrics.expose();
  EXPECT_THAT(text, HasSubstr("# HELP bazar_cache_hits_total Answers from the cache.\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE bazar_cache_hits_total counter\n"));
  EXPECT_THAT(text, HasSubstr("bazar_cache_hits_total 1\n"));
  EXPECT_THAT(text, HasSubstr("bazar_requests_total{outcome=\"o\\\"k\\n\",service=\"catalog\"} 3\n"));
}

TEST(Metrics, gives_the_same_instrument_for_the_same_name_and_labels) {
  Metrics metrics;
  EXPECT_EQ(&metrics.gauge("bazar_depth", "Queue."), &metrics.gauge("bazar_depth", "Queue."));
  EXPECT_NE(&metrics.gauge("bazar_depth", "Queue.", {{"queue", "a"}}),
            &metrics.gauge("bazar_depth", "Queue.", {{"queue", "b"}}));
  EXPECT_EQ(&metrics.histogram("bazar_seconds", "Time."), &metrics.histogram("bazar_seconds", "Time."));
}

TEST(Metrics, counts_latencies_into_cumulative_buckets) {
  Metrics metrics;
  auto& seconds = metrics.histogram("bazar_seconds", "Time.");
  seconds.Observe(60e-6);
  seconds.Observe(20);
  const std::string text = metrics.expose();
  EXPECT_THAT(text, HasSubstr("bazar_seconds_bucket{le=\"5e-05\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("bazar_seconds_bucket{le=\"0.0001\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("bazar_seconds_bucket{le=\"10\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("bazar_seconds_bucket{le=\"+Inf\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("bazar_seconds_count 2\n"));
}

TEST(Metrics, takes_buckets_of_its_callers_choice) {
  Metrics metrics;
  metrics.histogram("bazar_batch_size", "Items.", {}, {1, 10}).Observe(7);
  EXPECT_THAT(metrics.expose(), HasSubstr("bazar_batch_size_bucket{le=\"10\"} 1\n"));
}

}  // namespace
}  // namespace bazar::observe
