#include <fmt/format.h>

#include <boost/describe/class.hpp>

#include "json/encode.hpp"
#include "load/report.hpp"

namespace bazar::load {
namespace {

struct LatencyJson {
  json::Raw mean;
  json::Raw p50;
  json::Raw p90;
  json::Raw p99;
  json::Raw p999;
  json::Raw max;
};
BOOST_DESCRIBE_STRUCT(LatencyJson, (), (mean, p50, p90, p99, p999, max))

struct OperationJson {
  std::string operation;
  std::uint64_t requests = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t refused = 0;
  std::uint64_t shed = 0;
  std::uint64_t unexpected = 0;
  std::uint64_t timed_out = 0;
  std::uint64_t lost = 0;
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t bypasses = 0;
  json::OrNull<json::Raw> hit_ratio;
  LatencyJson latency_us;
  LatencyJson shed_latency_us;
};
BOOST_DESCRIBE_STRUCT(OperationJson, (),
                      (operation, requests, succeeded, refused, shed, unexpected, timed_out, lost, hits,
                       misses, bypasses, hit_ratio, latency_us, shed_latency_us))

struct StatusJson {
  unsigned status = 0;
  std::uint64_t answers = 0;
};
BOOST_DESCRIBE_STRUCT(StatusJson, (), (status, answers))

struct SampleJson {
  std::int64_t at_ms = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t refused = 0;
  std::uint64_t shed = 0;
  std::uint64_t failed = 0;
  std::uint64_t dropped = 0;
  std::uint64_t backlog = 0;
  std::uint64_t connected = 0;
  json::Raw p50_us;
  json::Raw p99_us;
  json::Raw max_us;
};
BOOST_DESCRIBE_STRUCT(SampleJson, (),
                      (at_ms, succeeded, refused, shed, failed, dropped, backlog, connected, p50_us, p99_us,
                       max_us))

struct LoadJson {
  std::vector<std::string> targets;
  std::string mix;
  std::string loop;
  std::optional<json::Raw> rate_per_s;
  std::optional<std::string> arrivals;
  std::optional<std::int64_t> think_time_ms;
  std::uint64_t connections = 0;
  std::int64_t warmup_ms = 0;
  std::int64_t duration_ms = 0;
  std::int64_t timeout_ms = 0;
  std::uint64_t books = 0;
  std::uint64_t seed = 0;
};
BOOST_DESCRIBE_STRUCT(LoadJson, (),
                      (targets, mix, loop, rate_per_s, arrivals, think_time_ms, connections, warmup_ms,
                       duration_ms, timeout_ms, books, seed))

struct ReportJson {
  LoadJson load;
  std::int64_t measured_ms = 0;
  json::Raw answers_per_s;
  json::Raw goodput_per_s;
  std::uint64_t dropped = 0;
  std::uint64_t connects = 0;
  std::uint64_t connect_failures = 0;
  json::Raw generator_cpu;
  LatencyJson send_lag_us;
  OperationJson all;
  std::vector<OperationJson> operations;
  std::vector<StatusJson> statuses;
  std::vector<SampleJson> samples;
  std::vector<std::string> warnings;
};
BOOST_DESCRIBE_STRUCT(ReportJson, (),
                      (load, measured_ms, answers_per_s, goodput_per_s, dropped, connects, connect_failures,
                       generator_cpu, send_lag_us, all, operations, statuses, samples, warnings))

json::Raw number(double value, int decimals) { return {fmt::format("{:.{}f}", value, decimals)}; }

json::Raw in_us(nanoseconds time) { return number(static_cast<double>(time.count()) / 1'000, 1); }

LatencyJson percentiles(const Histogram& histogram) {
  return {.mean = in_us(histogram.mean()),
          .p50 = in_us(histogram.quantile(0.5)),
          .p90 = in_us(histogram.quantile(0.9)),
          .p99 = in_us(histogram.quantile(0.99)),
          .p999 = in_us(histogram.quantile(0.999)),
          .max = in_us(histogram.max())};
}

OperationJson to_json(std::string_view name, const OperationResult& result) {
  OperationJson json{.operation = std::string(name),
                     .requests = result.total(),
                     .succeeded = result.succeeded,
                     .refused = result.refused,
                     .shed = result.shed,
                     .unexpected = result.unexpected,
                     .timed_out = result.timed_out,
                     .lost = result.lost,
                     .hits = result.hits,
                     .misses = result.misses,
                     .bypasses = result.bypasses,
                     .hit_ratio = {},
                     .latency_us = percentiles(result.latency),
                     .shed_latency_us = percentiles(result.shed_latency)};
  if (const auto ratio = hit_ratio(result)) json.hit_ratio.value = number(*ratio, 4);
  return json;
}

SampleJson to_json(const Sample& sample) {
  return {.at_ms = sample.at.count(),
          .succeeded = sample.succeeded,
          .refused = sample.refused,
          .shed = sample.shed,
          .failed = sample.failed,
          .dropped = sample.dropped,
          .backlog = sample.backlog,
          .connected = sample.connected,
          .p50_us = in_us(sample.p50),
          .p99_us = in_us(sample.p99),
          .max_us = in_us(sample.max)};
}

LoadJson to_json(const Plan& plan) {
  LoadJson load{.targets = {},
                .mix = std::string(plan.mix.name),
                .loop = {},
                .rate_per_s = {},
                .arrivals = {},
                .think_time_ms = {},
                .connections = plan.connections,
                .warmup_ms = plan.warmup.count(),
                .duration_ms = plan.duration.count(),
                .timeout_ms = plan.timeout.count(),
                .books = plan.books.size(),
                .seed = plan.seed};
  for (const http::Endpoint& target : plan.targets) load.targets.push_back(http::to_url(target));
  if (const auto* open = std::get_if<OpenLoop>(&plan.pace)) {
    load.loop = "open";
    load.rate_per_s = number(open->rate_per_s, 1);
    load.arrivals = to_string(open->law);
  } else {
    load.loop = "closed";
    load.think_time_ms = std::get<ClosedLoop>(plan.pace).think_time.count();
  }
  return load;
}

}  // namespace

std::string report_json(const Plan& plan, const Result& result) {
  ReportJson report{.load = to_json(plan),
                    .measured_ms = result.measured.count(),
                    .answers_per_s = number(result.answers_per_s, 1),
                    .goodput_per_s = number(result.goodput_per_s, 1),
                    .dropped = result.dropped,
                    .connects = result.connects,
                    .connect_failures = result.connect_failures,
                    .generator_cpu = number(result.generator_cpu, 3),
                    .send_lag_us = percentiles(result.send_lag),
                    .all = to_json("all", result.all()),
                    .operations = {},
                    .statuses = {},
                    .samples = {},
                    .warnings = warnings(plan, result)};
  for (const Operation operation : operations) {
    if (result.of(operation).total() > 0)
      report.operations.push_back(to_json(to_string(operation), result.of(operation)));
  }
  for (const auto& [status, answers] : result.statuses) report.statuses.push_back({status, answers});
  for (const Sample& sample : result.samples) report.samples.push_back(to_json(sample));
  return json::encode(report) + "\n";
}

}  // namespace bazar::load
