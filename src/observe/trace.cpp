#include "observe/trace.hpp"

#include <algorithm>
#include <random>

#include "base/random.hpp"

namespace bazar::observe {
namespace {

constexpr std::size_t hex_digits_of_word = 16;

bool is_lower_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) {
  return is_lower_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

// Ids have to be unique, not secret: a generator a thread saves a system call for each request.
std::string random_id(std::size_t words) {
  thread_local std::mt19937_64 generator = [] {
    std::array<std::uint8_t, 32> seed;
    random_bytes(seed);
    std::seed_seq sequence(seed.begin(), seed.end());
    return std::mt19937_64(sequence);
  }();
  std::string id(words * hex_digits_of_word, '\0');
  char* out = id.data();
  for (; words > 0; --words) {
    // Never zero, which the standard does not allow.
    for (std::uint64_t bits = generator() | 1, digit = 0; digit < hex_digits_of_word; ++digit, bits >>= 4) {
      *out++ = "0123456789abcdef"[bits & 0xF];
    }
  }
  return id;
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view header) {
  // version "-" trace-id "-" parent-id "-" flags
  if (header.size() < 55 || header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
  const std::string_view version = header.substr(0, 2);
  const std::string_view trace_id = header.substr(3, 32);
  const std::string_view parent_id = header.substr(36, 16);
  const std::string_view flags = header.substr(53, 2);
  if (!is_lower_hex(version) || version == "ff" || !is_id(trace_id) || !is_id(parent_id) ||
      !is_lower_hex(flags)) {
    return std::nullopt;
  }
  // Later versions may append fields; the first version has none.
  if (header.size() > 55 && (version == "00" || header[55] != '-')) return std::nullopt;
  const char low = flags[1];
  const int bits = low <= '9' ? low - '0' : low - 'a' + 10;
  return TraceContext{std::string(trace_id), std::string(parent_id), (bits & 1) != 0};
}

TraceContext new_trace() { return {random_id(2), random_id(1), false}; }

TraceContext child_of(const TraceContext& parent) { return {parent.trace_id, random_id(1), parent.sampled}; }

std::string to_traceparent(const TraceContext& context) {
  std::string header;
  header.reserve(55);
  header.append("00-").append(context.trace_id).append("-").append(context.parent_id);
  return header.append(context.sampled ? "-01" : "-00");
}

}  // namespace bazar::observe
