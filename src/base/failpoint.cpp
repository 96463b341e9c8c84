#include "base/failpoint.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace bazar::failpoint {
namespace {

using std::chrono::milliseconds;

constexpr const char* variable = "BAZAR_FAILPOINTS";
constexpr milliseconds longest_sleep{60'000};
constexpr milliseconds look_again{1};

using Failure = std::unexpected<std::string>;

std::expected<milliseconds, std::string> parse_duration(std::string_view text) {
  if (text.ends_with("ms")) text.remove_suffix(2);
  milliseconds::rep count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || count < 0 || count > longest_sleep.count())
    return Failure("sleep wants milliseconds, at most 60000");
  return milliseconds(count);
}

std::expected<Failpoint, std::string> parse_one(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos) return Failure("wants NAME=ACTION");
  Failpoint point;
  point.name = text.substr(0, equals);
  std::string_view action = text.substr(equals + 1);
  if (const auto at = action.find('@'); at != std::string_view::npos) {
    point.file = action.substr(at + 1);
    action = action.substr(0, at);
    if (point.file.empty()) return Failure("names no file after @");
  }
  if (action.starts_with("sleep:")) {
    const auto duration = parse_duration(action.substr(6));
    if (!duration) return Failure(duration.error());
    point.action = Failpoint::Action::sleep;
    point.duration = *duration;
  } else if (action == "hold") {
    if (point.file.empty()) return Failure("hold wants a file: hold@FILE");
    point.action = Failpoint::Action::hold;
  } else if (action == "crash") {
    point.action = Failpoint::Action::crash;
  } else {
    return Failure("knows the actions sleep:N, hold@FILE and crash");
  }
  return point;
}

bool is_there(const std::filesystem::path& file) {
  std::error_code ignored;
  return std::filesystem::exists(file, ignored);
}

void hold(const std::filesystem::path& file) {
  std::ofstream(file.string() + ".reached").flush();
  while (is_there(file)) std::this_thread::sleep_for(look_again);
}

void act(const Failpoint& point) {
  if (!point.file.empty() && !is_there(point.file)) return;
  switch (point.action) {
    case Failpoint::Action::sleep:
      std::this_thread::sleep_for(point.duration);
      break;
    case Failpoint::Action::hold:
      hold(point.file);
      break;
    case Failpoint::Action::crash:
      std::raise(SIGKILL);
      break;
  }
}

}  // namespace

std::expected<std::vector<Failpoint>, std::string> parse(std::string_view text) {
  std::vector<Failpoint> points;
  while (!text.empty()) {
    const auto comma = text.find(',');
    const std::string_view one = text.substr(0, comma);
    const auto point = parse_one(one);
    if (!point) return Failure("'" + std::string(one) + "' " + point.error());
    points.push_back(*point);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
  }
  return points;
}

std::string arm_from_environment() {
  const char* text = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): before threads start
  if (text == nullptr || *text == '\0') return {};
  auto points = parse(text);
  if (!points) throw std::invalid_argument(std::string(variable) + ": " + points.error());
  static std::vector<Failpoint> armed;
  armed = std::move(*points);
  detail::armed.store(&armed);
  return text;
}

void detail::act(const std::vector<Failpoint>& points, std::string_view name) {
  for (const Failpoint& point : points) {
    if (point.name == name) failpoint::act(point);
  }
}

}  // namespace bazar::failpoint
