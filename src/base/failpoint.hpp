#pragma once

#include <atomic>
#include <chrono>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// Named places in the code where a test of real processes can have one of them stop, slow down or die, as in
/// FreeBSD's fail(9). They are in every build, since what is tested is what is shipped; a process that was
/// started without the variable pays one relaxed load for each, and none can be armed later.
///
///     BAZAR_FAILPOINTS="catalog.before_commit=hold@/tmp/gate,frontend.before_fill=sleep:300ms"
///
/// A comma-separated list of NAME=ACTION or NAME=ACTION@FILE. With a file, the point acts only while that
/// file exists, so that a test can choose the moment. The thread that comes by is blocked: elsewhere in the
/// process things go on.
///
/// - `sleep:N` for N milliseconds (`N` or `Nms`)
/// - `hold@FILE` until the file is removed; FILE.reached is made first, which tells that it holds
/// - `crash` ends the process at once, as SIGKILL would
namespace bazar::failpoint {

struct Failpoint {
  enum class Action : std::uint8_t { sleep, hold, crash };
  std::string name;
  Action action = Action::sleep;
  std::chrono::milliseconds duration{0};  ///< of sleep; at most a minute
  std::filesystem::path file = {};        ///< empty: acts always
  friend bool operator==(const Failpoint&, const Failpoint&) = default;
};

/// The unexpected is what is wrong with the text, for people.
[[nodiscard]] std::expected<std::vector<Failpoint>, std::string> parse(std::string_view text);

/// Arms for good what `BAZAR_FAILPOINTS` asks for. Call once, before threads start. Returns the variable's
/// text, empty where nothing is armed. Throws std::invalid_argument where it is malformed.
std::string arm_from_environment();

namespace detail {
inline constinit std::atomic<const std::vector<Failpoint>*> armed = nullptr;
void act(const std::vector<Failpoint>& points, std::string_view name);
}  // namespace detail

/// Marks a place. Thread-safe.
inline void reached(std::string_view name) {
  if (const auto* points = detail::armed.load(std::memory_order_relaxed)) [[unlikely]]
    detail::act(*points, name);
}

}  // namespace bazar::failpoint
