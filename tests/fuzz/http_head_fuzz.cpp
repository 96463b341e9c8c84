// Whatever find_head_fault passes, Beast's parser reads as one request with one framing; and the reader of
// requests takes any bytes, however they are cut, without a fault of its own.
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstdint>
#include <cstring>

#include "base/assert.hpp"
#include "http/limits.hpp"
#include "http/request_reader.hpp"

namespace {

namespace beast_http = boost::beast::http;
using bazar::http::Limits;
using bazar::http::RequestReader;

void compare_with_parser(std::string_view head) {
  const auto fault = bazar::http::find_head_fault(head);
  if (fault) return;
  beast_http::request_parser<beast_http::empty_body> parser;
  parser.header_limit(1 << 20);
  parser.body_limit(boost::none);
  boost::system::error_code error;
  const std::size_t used = parser.put(boost::asio::buffer(head.data(), head.size()), error);
  if (error) return;  // stricter than we are: refused as well
  BAZAR_ASSERT(used == head.size() && parser.is_header_done(), "both see the same end of the head");
  const auto& fields = parser.get();
  BAZAR_ASSERT(fields.count(beast_http::field::host) == 1 ||
                   (fields.version() == 10 && fields.count(beast_http::field::host) == 0),
               "one Host");
  const std::size_t lengths = fields.count(beast_http::field::content_length);
  const std::size_t codings = fields.count(beast_http::field::transfer_encoding);
  BAZAR_ASSERT(lengths + codings <= 1, "one framing");
  BAZAR_ASSERT(parser.chunked() == (codings == 1), "a transfer coding is chunked and seen as such");
  BAZAR_ASSERT(parser.content_length().has_value() == (lengths == 1), "a length is seen as such");
  BAZAR_ASSERT(!parser.chunked() || fields.version() == 11, "no chunks in HTTP/1.0");
}

/// What a stream of requests was read as, to compare two ways of cutting it.
std::string read_stream(std::string_view bytes, std::size_t piece) {
  const Limits limits{.header_bytes = 512};
  RequestReader::LastFields last_fields;
  RequestReader reader(limits, last_fields);
  std::string story;
  for (;;) {
    switch (reader.advance()) {
      case RequestReader::Step::head:
        reader.set_body_limit(256);
        continue;
      case RequestReader::Step::complete:
        story.append(reader.head().target).append("\n").append(reader.body()).append("\n");
        for (const auto& header : reader.head().headers) story.append(header.name).append(header.value);
        reader.consume();
        continue;
      case RequestReader::Step::refused:
        return story + "refused";
      case RequestReader::Step::need_more:
        break;
    }
    if (bytes.empty()) return story + "more";
    const std::span<char> room = reader.prepare();
    const std::size_t size = std::min({piece, bytes.size(), room.size()});
    std::memcpy(room.data(), bytes.data(), size);
    reader.commit(size);
    bytes.remove_prefix(size);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  compare_with_parser(bytes);
  const std::string whole = read_stream(bytes, bytes.size());
  const std::string bytewise = read_stream(bytes, 1);
  // A refusal may be seen earlier when more bytes are there at once, but what was read before it must be the
  // same.
  BAZAR_ASSERT(whole.ends_with("more") == bytewise.ends_with("more") || whole.ends_with("refused"),
               "a refusal does not depend on how bytes are cut");
  BAZAR_ASSERT(whole == bytewise || whole.ends_with("refused") || bytewise.ends_with("refused"),
               "requests do not depend on how bytes are cut");
  return 0;
}
