#include "cli/bench/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "cli/transfer/progress.hpp"

namespace bazar::cli {
namespace {

constexpr int samples_a_line = 5;

}  // namespace

BenchProgress::BenchProgress(const load::Plan& plan) : on_(::isatty(STDERR_FILENO) == 1), plan_(plan) {}

BenchProgress::~BenchProgress() {
  if (on_) fmt::print(stderr, "\r\x1b[K");
}

void BenchProgress::show(const load::Sample& sample) {
  if (!on_) return;
  answers_ += sample.succeeded + sample.refused + sample.shed;
  failures_ += sample.failed + sample.dropped;
  p99_ = std::max(p99_, sample.p99);
  if (++samples_ < samples_a_line) return;
  draw(sample);
  samples_ = 0;
  answers_ = failures_ = 0;
  p99_ = {};
}

void BenchProgress::draw(const load::Sample& last) const {
  const auto in_seconds = [](auto time) { return std::chrono::duration<double>(time).count(); };
  const double span = in_seconds(plan_.sample_every) * samples_a_line;
  const double at = in_seconds(last.at + plan_.warmup + plan_.sample_every);
  fmt::print(stderr, "\r\x1b[K{:4.0f}/{:.0f} s  {}  {:>9}/s  p99 {:.2f} ms  {} failed  {} waiting", at,
             in_seconds(plan_.warmup + plan_.duration), last.at.count() < 0 ? "warm-up" : "measured",
             grouped(static_cast<std::uint64_t>(static_cast<double>(answers_) / span)),
             in_seconds(p99_) * 1'000, failures_, last.backlog);
}

}  // namespace bazar::cli
