#include "observe/trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <random>

#include "base/random.hpp"

namespace bazar::observe {
namespace {

bool is_lower_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// 16 lower-case hex digits.
std::optional<std::uint64_t> parse_word(std::string_view text) {
  if (!is_lower_hex(text)) return std::nullopt;
  std::uint64_t word = 0;
  std::from_chars(text.data(), text.data() + text.size(), word, 16);
  return word;
}

// Ids have to be unique, not secret: a generator a thread saves a system call for each request.
std::uint64_t random_word() {
  thread_local std::mt19937_64 generator = [] {
    std::array<std::uint8_t, 32> seed;
    random_bytes(seed);
    std::seed_seq sequence(seed.begin(), seed.end());
    return std::mt19937_64(sequence);
  }();
  return generator() | 1;  // never zero, which the standard does not allow
}

}  // namespace

std::string TraceContext::id() const { return fmt::format("{:016x}{:016x}", trace_high, trace_low); }

std::optional<TraceContext> parse_traceparent(std::string_view header) {
  // version "-" trace-id "-" parent-id "-" flags
  if (header.size() < 55 || header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
  const std::string_view version = header.substr(0, 2);
  const auto trace_high = parse_word(header.substr(3, 16));
  const auto trace_low = parse_word(header.substr(19, 16));
  const auto parent = parse_word(header.substr(36, 16));
  const std::string_view flags = header.substr(53, 2);
  if (!is_lower_hex(version) || version == "ff" || !trace_high || !trace_low || !parent ||
      !is_lower_hex(flags)) {
    return std::nullopt;
  }
  // Later versions may append fields; the first version has none.
  if (header.size() > 55 && (version == "00" || header[55] != '-')) return std::nullopt;
  const char low = flags[1];
  const int bits = low <= '9' ? low - '0' : low - 'a' + 10;
  const TraceContext context{*trace_high, *trace_low, *parent, (bits & 1) != 0};
  return context.exists() && context.parent != 0 ? std::optional(context) : std::nullopt;
}

TraceContext new_trace() { return {random_word(), random_word(), random_word(), false}; }

TraceContext child_of(const TraceContext& parent) {
  return {parent.trace_high, parent.trace_low, random_word(), parent.sampled};
}

std::string to_traceparent(const TraceContext& context) {
  return fmt::format("00-{:016x}{:016x}-{:016x}-0{}", context.trace_high, context.trace_low, context.parent,
                     context.sampled ? 1 : 0);
}

}  // namespace bazar::observe
