#include <fmt/format.h>

#include "load/report.hpp"

namespace bazar::load {
namespace {

using namespace std::chrono_literals;

constexpr double saturated_cpu = 0.95;
constexpr nanoseconds tolerable_lag = 1ms;

double seconds(milliseconds time) { return std::chrono::duration<double>(time).count(); }

std::string in_ms(nanoseconds time) {
  return fmt::format("{:.3f}", std::chrono::duration<double, std::milli>(time).count());
}

std::string in_percent(const std::optional<double>& share) {
  return share ? fmt::format("{:.1f} %", *share * 100) : "-";
}

std::string row(std::string_view name, const OperationResult& result) {
  const Histogram& latency = result.latency;
  return fmt::format("{:<9} {:>10} {:>9} {:>9} {:>9} {:>9} {:>9} {:>8} {:>8} {:>8} {:>8}\n", name,
                     result.total(), in_ms(latency.quantile(0.5)), in_ms(latency.quantile(0.9)),
                     in_ms(latency.quantile(0.99)), in_ms(latency.quantile(0.999)), in_ms(latency.max()),
                     in_percent(hit_ratio(result)), result.refused, result.shed, result.failed());
}

std::string rates(const Result& result) {
  return fmt::format("{:.0f} answers/s, {:.0f} of them 2xx; generator {:.0f} % of a core\n",
                     result.answers_per_s, result.goodput_per_s, result.generator_cpu * 100);
}

std::string failures(const Result& result) {
  const OperationResult all = result.all();
  std::string text;
  if (all.failed() > 0) {
    text += fmt::format("failed: {} timed out, {} connections lost, {} of unexpected status\n", all.timed_out,
                        all.lost, all.unexpected);
  }
  if (all.shed > 0) {
    text += fmt::format("shed: p50 {} ms, p99 {} ms\n", in_ms(all.shed_latency.quantile(0.5)),
                        in_ms(all.shed_latency.quantile(0.99)));
  }
  for (const auto& [status, answers] : result.statuses) {
    if (status < 200 || status >= 300) text += fmt::format("status {}: {}\n", status, answers);
  }
  if (result.connect_failures > 0) text += fmt::format("connections refused: {}\n", result.connect_failures);
  return text;
}

}  // namespace

std::optional<double> hit_ratio(const OperationResult& result) {
  const std::uint64_t answers = result.hits + result.misses + result.bypasses;
  if (answers == 0) return std::nullopt;
  return static_cast<double>(result.hits) / static_cast<double>(answers);
}

std::string in_words(const Plan& plan) {
  std::string pace = "closed loop";
  if (const auto* open = std::get_if<OpenLoop>(&plan.pace)) {
    pace = fmt::format("open loop, {} a second ({})", open->rate_per_s, to_string(open->law));
  } else if (const auto think = std::get<ClosedLoop>(plan.pace).think_time; think.count() > 0) {
    pace += fmt::format(", {} s of thought", seconds(think));
  }
  return fmt::format("{}, {} connections, {} s after {} s of warm-up, seed {}", pace, plan.connections,
                     seconds(plan.duration), seconds(plan.warmup), plan.seed);
}

std::vector<std::string> warnings(const Plan& plan, const Result& result) {
  std::vector<std::string> found;
  if (result.generator_cpu > saturated_cpu)
    found.emplace_back(
        "the generator used all of its core: the figures may be its own limit, not the store's");
  if (result.send_lag.quantile(0.99) > tolerable_lag) {
    found.push_back(
        fmt::format("1 in 100 requests was sent {} ms late or later: this machine is short of processor",
                    in_ms(result.send_lag.quantile(0.99))));
  }
  if (result.dropped > 0) {
    found.push_back(fmt::format("{} requests were dropped unsent: {} waited for a connection already",
                                result.dropped, std::get<OpenLoop>(plan.pace).max_backlog));
  }
  if (result.measured < plan.duration)
    found.push_back(
        fmt::format("stopped after {:.1f} of {} s", seconds(result.measured), seconds(plan.duration)));
  return found;
}

std::string report_text(const Plan& plan, const Result& result) {
  std::string text = fmt::format("{}: {}\n", plan.mix.name, in_words(plan)) + rates(result);
  text += fmt::format("\n{:<9} {:>10} {:>9} {:>9} {:>9} {:>9} {:>9} {:>8} {:>8} {:>8} {:>8}\n", "ms",
                      "requests", "p50", "p90", "p99", "p99.9", "max", "hits", "refused", "shed", "failed");
  int kinds = 0;
  for (const Operation operation : operations) {
    if (result.of(operation).total() == 0) continue;
    text += row(to_string(operation), result.of(operation));
    ++kinds;
  }
  if (kinds != 1) text += row("all", result.all());
  text += failures(result);
  for (const std::string& warning : warnings(plan, result)) text += "note: " + warning + "\n";
  return text;
}

}  // namespace bazar::load
