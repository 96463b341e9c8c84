#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bazar::observe {

/// W3C Trace Context: the id of a request as it crosses the tiers.
struct TraceContext {
  std::string trace_id;   ///< 32 lower-case hex digits; also the request id in logs
  std::string parent_id;  ///< 16 lower-case hex digits
  bool sampled = false;
};

/// Empty where `traceparent` is malformed (then start a new trace, as the standard says).
[[nodiscard]] std::optional<TraceContext> parse_traceparent(std::string_view header);
[[nodiscard]] TraceContext new_trace();
/// The same trace with a parent id of our own, to be sent on.
[[nodiscard]] TraceContext child_of(const TraceContext& parent);
[[nodiscard]] std::string to_traceparent(const TraceContext& context);

}  // namespace bazar::observe
