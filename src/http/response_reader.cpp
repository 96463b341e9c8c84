#include "http/response_reader.hpp"

#include <boost/beast/http/basic_parser.hpp>

namespace bazar::http {

namespace beast_http = boost::beast::http;
using boost::beast::error_code;

namespace {
constexpr std::uint32_t header_limit = 64 * 1024;
constexpr std::size_t max_reserved = 1024 * 1024;  ///< a claimed Content-Length reserves no more
constexpr std::size_t min_chunked_body = 5;        ///< `0`, CRLF, CRLF
constexpr std::size_t usual_headers = 8;
}  // namespace

class ResponseReader::Parser final : public beast_http::basic_parser<false> {
 public:
  Parser(ClientResponse& response, bool head_request, std::size_t max_body_bytes) : response_(response) {
    this->header_limit(http::header_limit);
    body_limit(max_body_bytes);
    skip(head_request);
  }

  /// Beast 345 asserts that a last chunk which it meets again has 5 bytes: do not show it fewer at first.
  [[nodiscard]] bool must_wait(std::size_t bytes) const {
    return is_header_done() && chunked() && !chunks_begun_ && !is_done() && bytes < min_chunked_body;
  }

 private:
  void on_request_impl(beast_http::verb, boost::beast::string_view, boost::beast::string_view, int,
                       error_code&) override {}
  void on_response_impl(int status, boost::beast::string_view, int, error_code&) override {
    response_.status = static_cast<unsigned>(status);
  }
  void on_field_impl(beast_http::field, boost::beast::string_view name, boost::beast::string_view value,
                     error_code&) override {
    if (is_header_done()) return;  // a trailer
    response_.headers.push_back(
        {std::string(name.data(), name.size()), std::string(value.data(), value.size())});
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
    if (length)
      response_.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, max_reserved)));
  }
  std::size_t on_body_impl(boost::beast::string_view part, error_code&) override { return append(part); }
  void on_chunk_header_impl(std::uint64_t, boost::beast::string_view, error_code&) override {
    chunks_begun_ = true;
  }
  std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view part, error_code&) override {
    return append(part);
  }
  void on_finish_impl(error_code&) override {}

  std::size_t append(boost::beast::string_view part) {
    response_.body.append(part.data(), part.size());
    return part.size();
  }

  ClientResponse& response_;
  bool chunks_begun_ = false;
};

ResponseReader::ResponseReader(bool head_request, std::size_t max_body_bytes)
    : head_request_(head_request), max_body_bytes_(max_body_bytes) {
  begin();
}
ResponseReader::~ResponseReader() = default;

void ResponseReader::begin() {
  response_ = {};
  response_.headers.reserve(usual_headers);
  parser_ = std::make_unique<Parser>(response_, head_request_, max_body_bytes_);
}

ResponseReader::Step ResponseReader::read(std::string_view& bytes) {
  while (!parser_->is_done()) {
    if (bytes.empty() || parser_->must_wait(bytes.size())) return Step::need_more;
    error_code error;
    const std::size_t used = parser_->put(boost::asio::buffer(bytes.data(), bytes.size()), error);
    bytes.remove_prefix(used);
    if (error == beast_http::error::need_more) return Step::need_more;
    if (error) return Step::malformed;
    // 101 would end HTTP on this connection, and we never ask for it.
    if (parser_->is_done() && response_.status == 101) return Step::malformed;
    if (parser_->is_done() && response_.status < 200) begin();
  }
  return Step::complete;
}

ResponseReader::Step ResponseReader::read_end() {
  error_code error;
  if (!parser_->got_some()) return Step::malformed;
  if (!parser_->is_done()) parser_->put_eof(error);
  return error ? Step::malformed : Step::complete;
}

bool ResponseReader::keep_alive() const { return parser_->keep_alive() && !parser_->need_eof(); }

}  // namespace bazar::http
