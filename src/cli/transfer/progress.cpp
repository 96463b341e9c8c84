#include "cli/transfer/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace bazar::cli {
namespace {

constexpr std::size_t bar_width = 30;
constexpr milliseconds redraw_every{100};

SteadyTime now() { return std::chrono::steady_clock::now(); }

}  // namespace

std::string grouped(std::uint64_t number) {
  auto digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  return digits;
}

std::string progress_line(const Progress& progress) {
  const double seconds = std::max(0.001, static_cast<double>(progress.elapsed.count()) / 1'000);
  const auto rate = static_cast<std::uint64_t>(static_cast<double>(progress.rows) / seconds);
  auto counts = fmt::format("{} books  {}/s", grouped(progress.rows), grouped(rate));
  if (progress.total_bytes == 0) return counts;
  const double share =
      std::min(1.0, static_cast<double>(progress.done_bytes) / static_cast<double>(progress.total_bytes));
  const auto filled = static_cast<std::size_t>(share * bar_width);
  auto line =
      fmt::format("[{:#<{}}{:-<{}}]  {:3.0f}%  {}", "", filled, "", bar_width - filled, share * 100, counts);
  if (share > 0) {
    const auto left = std::lround(seconds / share - seconds);
    line += fmt::format("  ETA {}:{:02}", left / 60, left % 60);
  }
  return line;
}

ProgressBar::ProgressBar() : on_(::isatty(STDERR_FILENO) == 1), begin_(now()), next_draw_(begin_) {}

ProgressBar::~ProgressBar() { wipe(); }

void ProgressBar::show(std::uint64_t rows, std::uint64_t done_bytes, std::uint64_t total_bytes) {
  if (!on_ || now() < next_draw_) return;
  next_draw_ = now() + redraw_every;
  drawn_ = true;
  fmt::print(stderr, "\r\x1b[K{}", progress_line({rows, done_bytes, total_bytes, elapsed()}));
}

milliseconds ProgressBar::elapsed() const { return std::chrono::duration_cast<milliseconds>(now() - begin_); }

void ProgressBar::wipe() {
  if (drawn_) fmt::print(stderr, "\r\x1b[K");
}

}  // namespace bazar::cli
