#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include "simulation.hpp"

namespace bazar::simulation {
namespace {

constexpr const char* usage =
    "usage: simulate --seed N [--steps M] [--trace] [--without RULE]…\n"
    "       simulate --minutes M [--first-seed N] [--steps M] [--without RULE]…\n"
    "       simulate --rules\n";

struct Arguments {
  Options options;
  std::uint64_t first_seed = 1;
  double minutes = 0;
  bool list_rules = false;
};

[[noreturn]] void refuse(const std::string& why) { throw std::invalid_argument(why); }

Arguments parse(int count, char** values) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    const std::string_view name = values[i];
    const auto value = [&] { return ++i < count ? values[i] : (refuse("a value is missing"), nullptr); };
    if (name == "--seed" || name == "--first-seed") {
      arguments.options.seed = arguments.first_seed = std::strtoull(value(), nullptr, 10);
    } else if (name == "--steps") {
      arguments.options.steps = std::strtoll(value(), nullptr, 10);
    } else if (name == "--minutes") {
      arguments.minutes = std::strtod(value(), nullptr);
    } else if (name == "--trace") {
      arguments.options.tracing = Trace::Mode::all;
    } else if (name == "--without") {
      if (!switch_off(arguments.options.rules, value())) refuse("there is no such rule (see --rules)");
      arguments.options.checks.invariants = false;
    } else if (name == "--rules") {
      arguments.list_rules = true;
    } else {
      refuse("unknown argument " + std::string(name));
    }
  }
  return arguments;
}

int run_one(const Options& options) {
  const Result result = simulate(options);
  print_table(result.statistics);
  if (result.violation.empty()) return 0;
  std::printf("%s", report_failure(options).c_str());
  return 1;
}

int run_many(Options options, double minutes) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  const auto minutes_passed = [&] {
    return std::chrono::duration<double, std::ratio<60>>(Clock::now() - begin).count();
  };
  Statistics sum;
  std::int64_t seeds = 0;
  std::int64_t violations = 0;
  double longest_recovery = 0;
  for (; minutes_passed() < minutes; ++seeds, ++options.seed) {
    const Result result = simulate(options);
    sum += result.statistics;
    longest_recovery = std::max(longest_recovery, result.longest_recovery);
    if (result.violation.empty()) continue;
    ++violations;
    std::printf("%s\n", report_failure(options).c_str());
    std::fflush(stdout);
  }
  print_table(sum);
  std::printf("longest recovery: %.1f leases\n", longest_recovery);
  std::printf("%lld seeds, %lld steps, %.0f steps a minute, %lld violations\n", static_cast<long long>(seeds),
              static_cast<long long>(sum.steps), static_cast<double>(sum.steps) / minutes_passed(),
              static_cast<long long>(violations));
  return violations == 0 ? 0 : 1;
}

}  // namespace
}  // namespace bazar::simulation

int main(int count, char** values) {
  using namespace bazar::simulation;
  try {
    const Arguments arguments = parse(count, values);
    if (arguments.list_rules) {
      for (const auto& name : rule_names()) std::puts(name.c_str());
      return 0;
    }
    if (arguments.minutes > 0) return run_many(arguments.options, arguments.minutes);
    return run_one(arguments.options);
  } catch (const std::invalid_argument& refused) {
    std::fprintf(stderr, "%s\n%s", refused.what(), usage);
    return 2;
  }
}
