#include "load/response_scanner.hpp"

#include <algorithm>
#include <charconv>

#include "http/syntax.hpp"

namespace bazar::load {
namespace {

using Step = ResponseScanner::Step;

constexpr std::uint64_t max_body_bytes = std::uint64_t{1} << 40;

std::string_view take(std::string_view& bytes, std::size_t size) {
  const std::string_view taken = bytes.substr(0, size);
  bytes.remove_prefix(taken.size());
  return taken;
}

bool contains_ignoring_case(std::string_view text, std::string_view what) {
  return !std::ranges::search(text, what, {}, http::to_lower, http::to_lower).empty();
}

CacheOutcome cache_outcome(std::string_view value) {
  if (value.find("; hit") != std::string_view::npos) return CacheOutcome::hit;
  if (value.find("fwd=bypass") != std::string_view::npos) return CacheOutcome::bypass;
  return value.find("fwd=") != std::string_view::npos ? CacheOutcome::miss : CacheOutcome::unknown;
}

/// -1 where it is none.
int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = http::to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

void ResponseScanner::reset() {
  state_ = State::head;
  answer_ = {};
  chunked_ = has_length_ = line_has_content_ = in_extension_ = false;
  left_ = 0;
  partial_head_.clear();
}

Step ResponseScanner::read(std::string_view& bytes) {
  if (state_ == State::head) {
    if (const Step step = read_head(bytes); step != Step::need_more || state_ == State::head) return step;
  }
  switch (state_) {
    case State::counted_body:
      return read_counted(bytes);
    case State::body_to_end:
      bytes = {};
      return Step::need_more;
    default:
      return read_chunks(bytes);
  }
}

Step ResponseScanner::read_end() const {
  return state_ == State::body_to_end ? Step::complete : Step::malformed;
}

Step ResponseScanner::read_head(std::string_view& bytes) {
  constexpr std::string_view blank_line = "\r\n\r\n";
  while (state_ == State::head) {
    std::size_t end = std::string_view::npos;
    std::string_view head;
    if (partial_head_.empty()) {
      end = bytes.find(blank_line);
      if (end != std::string_view::npos) head = take(bytes, end + blank_line.size());
    } else {
      // The blank line itself may be in two pieces.
      const std::size_t known = partial_head_.size();
      const std::size_t from = known - std::min(known, blank_line.size() - 1);
      partial_head_ += bytes;
      end = partial_head_.find(blank_line, from);
      if (end != std::string::npos) {
        bytes.remove_prefix(end + blank_line.size() - known);
        partial_head_.resize(end + blank_line.size());
        head = partial_head_;
      } else {
        bytes = {};
      }
    }
    if (end == std::string_view::npos) {
      partial_head_ += take(bytes, bytes.size());
      return partial_head_.size() > max_head_bytes ? Step::malformed : Step::need_more;
    }
    if (!scan_head(head)) return Step::malformed;
    partial_head_.clear();
    if (answer_.status < 200) {
      reset();
      continue;
    }
    const bool no_body = answer_.status == 204 || answer_.status == 304;
    if (no_body || (has_length_ && left_ == 0 && !chunked_)) return Step::complete;
    state_ = chunked_ ? State::chunk_size : has_length_ ? State::counted_body : State::body_to_end;
    if (state_ == State::body_to_end) answer_.keep_alive = false;
  }
  return Step::need_more;
}

bool ResponseScanner::scan_head(std::string_view head) {
  constexpr std::string_view status_line = "HTTP/1.1 200";
  if (head.size() < status_line.size() || !head.starts_with("HTTP/1.") || head[8] != ' ') return false;
  const auto [end, error] = std::from_chars(head.data() + 9, head.data() + 12, answer_.status);
  if (error != std::errc{} || end != head.data() + 12 || answer_.status < 100) return false;
  answer_.keep_alive = head[7] != '0';
  head.remove_prefix(head.find('\n') + 1);
  while (head.size() > 2) {
    const std::size_t line_end = head.find('\n');
    if (!scan_field(head.substr(0, line_end))) return false;
    head.remove_prefix(line_end + 1);
  }
  return true;
}

bool ResponseScanner::scan_field(std::string_view line) {
  if (line.empty()) return true;
  // The first letter rules out most lines.
  const char first = http::to_lower(line.front());
  if (first != 'c' && first != 't') return true;
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view name = line.substr(0, colon);
  if (line.ends_with('\r')) line.remove_suffix(1);
  const std::string_view value = http::trim_blanks(line.substr(colon + 1));
  if (http::equal_ignoring_case(name, "content-length")) {
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), left_);
    has_length_ = error == std::errc{} && end == value.data() + value.size() && left_ <= max_body_bytes;
    return has_length_;
  }
  if (http::equal_ignoring_case(name, "cache-status")) {
    answer_.cache = cache_outcome(value);
  } else if (http::equal_ignoring_case(name, "transfer-encoding")) {
    chunked_ = contains_ignoring_case(value, "chunked");
  } else if (http::equal_ignoring_case(name, "connection")) {
    if (contains_ignoring_case(value, "close")) answer_.keep_alive = false;
    if (contains_ignoring_case(value, "keep-alive")) answer_.keep_alive = true;
  }
  return true;
}

Step ResponseScanner::read_counted(std::string_view& bytes) {
  left_ -= take(bytes, std::min<std::uint64_t>(left_, bytes.size())).size();
  return left_ == 0 ? Step::complete : Step::need_more;
}

Step ResponseScanner::read_chunks(std::string_view& bytes) {
  while (!bytes.empty()) {
    if (state_ == State::chunk) {
      if (read_counted(bytes) == Step::complete) state_ = State::chunk_end;
      continue;
    }
    const char c = take(bytes, 1).front();
    if (c == '\r') continue;
    if (state_ == State::chunk_size) {
      if (read_chunk_size(c) == Step::malformed) return Step::malformed;
    } else if (state_ == State::chunk_end) {
      if (c != '\n') return Step::malformed;
      state_ = State::chunk_size;
    } else {
      if (c == '\n' && !line_has_content_) return Step::complete;
      line_has_content_ = c != '\n';
    }
  }
  return Step::need_more;
}

Step ResponseScanner::read_chunk_size(char c) {
  if (c == '\n') {
    if (!line_has_content_) return Step::malformed;
    state_ = left_ == 0 ? State::trailers : State::chunk;
    line_has_content_ = in_extension_ = false;
    return Step::need_more;
  }
  if (c == ';' || c == ' ') in_extension_ = true;
  if (in_extension_) return Step::need_more;
  const int digit = hex_digit(c);
  if (digit < 0 || left_ > max_body_bytes) return Step::malformed;
  left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
  line_has_content_ = true;
  return Step::need_more;
}

}  // namespace bazar::load
