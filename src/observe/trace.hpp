#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bazar::observe {

/// W3C Trace Context: the ids of a request as it crosses the tiers, as numbers, since most requests have them
/// and few ever write them.
struct TraceContext {
  std::uint64_t trace_high = 0;  ///< with `trace_low` 0: there is no trace
  std::uint64_t trace_low = 0;
  std::uint64_t parent = 0;
  bool sampled = false;

  [[nodiscard]] bool exists() const { return (trace_high | trace_low) != 0; }
  /// 32 lower-case hex digits: the request id in logs.
  [[nodiscard]] std::string id() const;
  friend bool operator==(const TraceContext&, const TraceContext&) = default;
};

/// Empty where `traceparent` is malformed (then start a new trace, as the standard says).
[[nodiscard]] std::optional<TraceContext> parse_traceparent(std::string_view header);
[[nodiscard]] TraceContext new_trace();
/// The same trace with a parent id of our own, to be sent on.
[[nodiscard]] TraceContext child_of(const TraceContext& parent);
[[nodiscard]] std::string to_traceparent(const TraceContext& context);

}  // namespace bazar::observe
