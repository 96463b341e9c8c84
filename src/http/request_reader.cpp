#include "http/request_reader.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <cstring>

#include "base/assert.hpp"
#include "http/syntax.hpp"

namespace bazar::http {

namespace beast_http = boost::beast::http;
using boost::beast::error_code;

namespace {

constexpr std::size_t initial_capacity = 2 * 1024;
constexpr std::size_t kept_capacity = 64 * 1024;  ///< a larger buffer is given back after its request
constexpr std::size_t min_room = 512;
constexpr std::size_t max_step =
    256 * 1024;  ///< a claimed Content-Length does not reserve memory before its bytes come
constexpr unsigned max_blank_lines = 4;
constexpr std::size_t min_chunked_body = 5;  ///< `0`, CRLF, CRLF

Method to_method(beast_http::verb verb) {
  switch (verb) {
    case beast_http::verb::get:
      return Method::get;
    case beast_http::verb::head:
      return Method::head;
    case beast_http::verb::post:
      return Method::post;
    case beast_http::verb::put:
      return Method::put;
    case beast_http::verb::patch:
      return Method::patch;
    case beast_http::verb::delete_:
      return Method::del;
    case beast_http::verb::options:
      return Method::options;
    default:
      return Method::other;
  }
}

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

Problem malformed(std::string_view detail) {
  return {.status = 400,
          .slug = "malformed-request",
          .title = "The request is malformed",
          .detail = std::string(detail)};
}

Problem body_too_large() {
  return {.status = 413, .slug = "content-too-large", .title = "The body is too large"};
}

}  // namespace

/// Beast's parser with its events written into a RequestHead, without a container for the fields.
class RequestReader::Parser final : public beast_http::basic_parser<true> {
 public:
  Parser(RequestHead& head, std::string& body, std::size_t header_limit) : head_(head), body_(body) {
    eager(true);
    body_limit(boost::none);  // the route says, once it is known
    this->header_limit(static_cast<std::uint32_t>(header_limit));
  }

  /// Bytes of chunk extensions so far.
  [[nodiscard]] std::size_t extension_bytes() const { return extension_bytes_; }

 private:
  void on_request_impl(beast_http::verb verb, boost::beast::string_view, boost::beast::string_view target,
                       int version, error_code&) override {
    head_.method = to_method(verb);
    head_.target = view(target);
    head_.http_1_0 = version == 10;
  }
  void on_response_impl(int, boost::beast::string_view, int, error_code&) override {}

  void on_field_impl(beast_http::field field, boost::beast::string_view name, boost::beast::string_view value,
                     error_code&) override {
    // Fields that come after the head are trailers: nothing that we serve needs them (RFC 9110, 6.5.1).
    if (is_header_done()) return;
    const std::string_view text = view(value);
    head_.headers.push_back({view(name), text});
    switch (field) {
      case beast_http::field::content_type:
        note_once(head_.content_type, text);
        break;
      case beast_http::field::content_encoding:
        note_once(head_.content_encoding, text);
        break;
      case beast_http::field::if_none_match:
        note_once(head_.if_none_match, text);
        break;
      case beast_http::field::expect:
        head_.expects_continue = equal_ignoring_case(text, "100-continue");
        head_.expects_something_else = head_.expects_something_else || !head_.expects_continue;
        break;
      case beast_http::field::authorization:
      case beast_http::field::cookie:
        head_.has_credentials = true;
        break;
      case beast_http::field::unknown:
        note_unknown(view(name), text);
        break;
      default:
        break;
    }
  }

  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(boost::beast::string_view part, error_code&) override { return part.size(); }
  void on_chunk_header_impl(std::uint64_t, boost::beast::string_view extensions, error_code&) override {
    extension_bytes_ += extensions.size();
  }
  std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view part, error_code&) override {
    body_.append(part.data(), part.size());
    return part.size();
  }
  void on_finish_impl(error_code&) override {}

  static void note_once(std::string_view& slot, std::string_view value) {
    if (slot.data() == nullptr) slot = value;
  }

  void note_unknown(std::string_view name, std::string_view value) {
    if (equal_ignoring_case(name, "traceparent")) {
      note_once(head_.traceparent, value);
    } else if (equal_ignoring_case(name, "bazar-deadline-ms") && !head_.deadline_ms) {
      head_.deadline_ms = value;
    }
  }

  RequestHead& head_;
  std::string& body_;
  std::size_t extension_bytes_ = 0;
};

RequestReader::RequestReader(const Limits& limits, LastFields& last_fields)
    : limits_(limits), last_fields_(last_fields) {}
RequestReader::~RequestReader() = default;

std::span<char> RequestReader::prepare() {
  if (begin_ > 0 && state_ == State::head) {
    std::memmove(buffer_.get(), data(), buffered());
    end_ -= begin_;
    begin_ = 0;
  }
  std::size_t wanted = min_room;
  if (state_ == State::sized_body) {
    const std::size_t missing = head_size_ + head_.content_length - buffered();
    wanted = std::min(missing, std::max(max_step, capacity_));
  }
  if (capacity_ - end_ < wanted)
    grow(std::max({initial_capacity, end_ + wanted, std::min(capacity_ * 2, kept_capacity)}));
  return {buffer_.get() + end_, capacity_ - end_};
}

void RequestReader::commit(std::size_t bytes) { end_ += bytes; }

void RequestReader::grow(std::size_t capacity) {
  BAZAR_ASSERT(!known_, "a head of known fields has no body to make room for");
  auto larger = std::make_unique_for_overwrite<char[]>(capacity);
  if (end_ > 0) std::memcpy(larger.get(), buffer_.get(), end_);
  head_.rebase(buffer_.get(), larger.get());
  buffer_ = std::move(larger);
  capacity_ = capacity;
}

RequestReader::Step RequestReader::advance() {
  switch (state_) {
    case State::head:
      return read_head();
    case State::head_done:
      return begin_body();
    case State::sized_body:
      return read_sized_body();
    case State::chunked_body:
      return read_chunked_body();
    case State::complete:
      return Step::complete;
    case State::refused:
      return Step::refused;
  }
  return Step::refused;
}

RequestReader::Step RequestReader::read_head() {
  while (scanned_ < buffered()) {
    const std::string_view bytes(data(), buffered());
    // A client that speaks TLS or nonsense is told so at once, not after a time-out.
    if (line_start_ == 0 && bytes.front() != '\r' &&
        !token_characters[static_cast<unsigned char>(bytes.front())]) {
      return refuse(malformed(describe(HeadFault::bad_request_line)));
    }
    const std::size_t line_end = bytes.find('\n', scanned_);
    if (line_end == std::string_view::npos) {
      scanned_ = bytes.size();
      break;
    }
    if (line_end + 1 > limits_.header_bytes) return refuse_head_size(line_start_ == 0);
    if (line_end == line_start_ || bytes[line_end - 1] != '\r') {
      return refuse(malformed(describe(HeadFault::bare_cr_or_lf)));
    }
    const bool blank = line_end - 1 == line_start_;
    if (blank && line_start_ > 0) return finish_head(line_end + 1);
    if (blank) {  // before the request line: RFC 9112, 2.2
      if (++blank_lines_ > max_blank_lines) return refuse(malformed("blank lines before the request line"));
      discard(line_end + 1);
      continue;
    }
    line_start_ = scanned_ = line_end + 1;
    if (fields_at_ > 0) continue;
    fields_at_ = line_end + 1;
    if (finish_known_head()) return Step::head;
  }
  if (buffered() > limits_.header_bytes) return refuse_head_size(line_start_ == 0);
  return Step::need_more;
}

void RequestReader::discard(std::size_t bytes) {
  begin_ += bytes;
  scanned_ = line_start_ = fields_at_ = 0;
  if (begin_ == end_) begin_ = end_ = 0;
}

RequestReader::Step RequestReader::finish_head(std::size_t size) {
  const std::string_view head(data(), size);
  if (const auto fault = find_head_fault(head)) return refuse(malformed(describe(*fault)));
  if (parser_) {
    std::destroy_at(parser_.get());
    std::construct_at(parser_.get(), head_, decoded_body_, limits_.header_bytes + 1);
  } else {
    parser_ = std::make_unique<Parser>(head_, decoded_body_, limits_.header_bytes + 1);
  }
  error_code error;
  const std::size_t parsed = parser_->put(boost::asio::buffer(head.data(), head.size()), error);
  if (error) return refuse(malformed("the head cannot be read"));
  BAZAR_ASSERT(parsed == size, "the head ends where the parser thinks it does");
  head_size_ = size;
  head_.keep_alive = parser_->keep_alive();
  head_.chunked = parser_->chunked();
  head_.content_length = parser_->content_length().value_or(0);
  if (!head_.has_body() && !head_.has_credentials)
    last_fields_ = std::make_shared<const KnownFields>(head.substr(fields_at_), head_);
  state_ = State::head_done;
  return Step::head;
}

bool RequestReader::finish_known_head() {
  const std::string_view bytes(data(), buffered());
  if (!last_fields_ || !bytes.substr(fields_at_).starts_with(last_fields_->text())) return false;
  const std::size_t size = fields_at_ + last_fields_->text().size();
  if (size > limits_.header_bytes) return false;
  const auto line = parse_request_line(bytes.substr(0, fields_at_ - crlf.size()));
  // The version decides what the fields mean.
  if (!line || line->http_1_0 != last_fields_->head().http_1_0) return false;
  known_ = last_fields_;
  head_ = known_->head();
  head_.method = to_method(beast_http::string_to_verb(line->method));
  head_.target = line->target;
  head_size_ = size;
  state_ = State::head_done;
  return true;
}

RequestReader::Step RequestReader::begin_body() {
  if (head_.content_length > body_limit_) return refuse(body_too_large());
  if (!head_.has_body()) {
    state_ = State::complete;
    return Step::complete;
  }
  if (!head_.chunked) {
    state_ = State::sized_body;
    return read_sized_body();
  }
  parser_->body_limit(body_limit_);
  state_ = State::chunked_body;
  return read_chunked_body();
}

RequestReader::Step RequestReader::read_sized_body() {
  if (buffered() - head_size_ < head_.content_length) return Step::need_more;
  state_ = State::complete;
  return Step::complete;
}

RequestReader::Step RequestReader::read_chunked_body() {
  char* const raw = data() + head_size_;
  const std::size_t size = buffered() - head_size_;
  // Beast 345 asserts that a last chunk which it meets again has 5 bytes, the least that a chunked body has.
  if (size == 0 || (!chunks_begun_ && size < min_chunked_body)) return Step::need_more;
  chunks_begun_ = true;
  error_code error;
  const std::size_t used = parser_->put(boost::asio::buffer(raw, size), error);
  // What is decoded makes room, so that the buffer stays as small as the longest chunk header.
  std::memmove(raw, raw + used, size - used);
  end_ -= used;
  if (error == beast_http::error::body_limit) return refuse(body_too_large());
  if (error && error != beast_http::error::need_more)
    return refuse(malformed("the chunked body cannot be read"));
  const std::size_t undecoded = parser_->is_done() ? 0 : size - used;
  if (undecoded + parser_->extension_bytes() > limits_.header_bytes) {
    return refuse(malformed("chunk extensions or trailers are too long"));
  }
  if (!parser_->is_done()) return Step::need_more;
  state_ = State::complete;
  return Step::complete;
}

std::string_view RequestReader::body() const {
  if (head_.chunked) return decoded_body_;
  return {data() + head_size_, static_cast<std::size_t>(head_.content_length)};
}

void RequestReader::consume() {
  BAZAR_ASSERT(state_ == State::complete, "only a whole request is consumed");
  discard(request_size());
  std::vector<HeaderView> kept = std::move(head_.headers);  // for its memory
  kept.clear();
  head_ = {};
  head_.headers = std::move(kept);
  known_.reset();
  head_size_ = body_limit_ = 0;
  blank_lines_ = 0;
  chunks_begun_ = false;
  if (decoded_body_.capacity() > kept_capacity) decoded_body_ = {};
  decoded_body_.clear();
  state_ = State::head;
  if (begin_ == end_ && capacity_ > kept_capacity) {
    buffer_.reset();
    capacity_ = 0;
  }
}

RequestReader::Step RequestReader::refuse(Problem problem) {
  refusal_ = std::move(problem);
  state_ = State::refused;
  return Step::refused;
}

RequestReader::Step RequestReader::refuse_head_size(bool within_request_line) {
  if (within_request_line) {
    return refuse({.status = 414, .slug = "target-too-long", .title = "The request line is too long"});
  }
  return refuse({.status = 431, .slug = "header-too-large", .title = "The header is too large"});
}

}  // namespace bazar::http
