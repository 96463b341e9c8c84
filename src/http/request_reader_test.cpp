#include "http/request_reader.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace bazar::http {
namespace {

using Step = RequestReader::Step;

/// Feeds `bytes` in pieces of `piece` and reads one request.
Step read_request(RequestReader& reader, std::string_view& bytes, std::size_t piece,
                  std::size_t body_limit = 1000) {
  for (;;) {
    const Step step = reader.advance();
    if (step == Step::head) {
      reader.set_body_limit(body_limit);
      continue;
    }
    if (step != Step::need_more || bytes.empty()) return step;
    const std::span<char> room = reader.prepare();
    const std::size_t size = std::min({piece, bytes.size(), room.size()});
    std::memcpy(room.data(), bytes.data(), size);
    reader.commit(size);
    bytes.remove_prefix(size);
  }
}

unsigned status_of(std::string_view bytes, std::size_t body_limit = 1000) {
  unsigned status = 0;
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
    const Limits limits{.header_bytes = 1024};
    RequestReader::LastFields last_fields;
    RequestReader reader(limits, last_fields);
    std::string_view rest = bytes;
    const Step step = read_request(reader, rest, piece, body_limit);
    const unsigned found = step == Step::complete    ? 200
                           : step == Step::need_more ? 0
                                                     : reader.refusal().status;
    if (piece != 1) {
      EXPECT_EQ(found, status) << "depends on how the bytes are cut: " << bytes;
    }
    status = found;
  }
  return status;
}

std::string chunked(std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(body);
}

TEST(RequestReaderTest, reads_pipelined_requests_however_they_are_cut) {
  const std::string bytes =
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
      "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX: y\r\n\r\nhello"
      "\r\n" +
      chunked("3;x=\"y\"\r\nabc\r\n02\r\nde\r\n0\r\nTrailer: t\r\n\r\n") + "GET /4 HTTP/1.0\r\n\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    const Limits limits;
    RequestReader::LastFields last_fields;
    RequestReader reader(limits, last_fields);
    std::string_view rest = bytes;
    ASSERT_EQ(read_request(reader, rest, piece), Step::complete);
    EXPECT_EQ(reader.head().target, "/1");
    EXPECT_EQ(reader.body(), "");
    reader.consume();
    ASSERT_EQ(read_request(reader, rest, piece), Step::complete);
    EXPECT_EQ(reader.head().target, "/2");
    EXPECT_EQ(reader.head().headers.back().value, "y");
    EXPECT_EQ(reader.body(), "hello");
    reader.consume();
    ASSERT_EQ(read_request(reader, rest, piece), Step::complete);
    EXPECT_EQ(reader.body(), "abcde");
    EXPECT_EQ(reader.head().headers.size(), 2U) << "trailers are not headers";
    reader.consume();
    ASSERT_EQ(read_request(reader, rest, piece), Step::complete);
    EXPECT_EQ(reader.head().target, "/4");
    EXPECT_FALSE(reader.head().keep_alive);
    EXPECT_FALSE(reader.has_more_than_request());
  }
}

TEST(RequestReaderTest, keeps_views_right_when_a_long_body_moves_the_buffer) {
  const std::string body(300'000, 'x');
  const std::string bytes =
      "POST /long HTTP/1.1\r\nHost: a\r\nContent-Type: t/u\r\nContent-Length: 300000\r\n\r\n" + body;
  const Limits limits;
  RequestReader::LastFields last_fields;
  RequestReader reader(limits, last_fields);
  std::string_view rest = bytes;
  ASSERT_EQ(read_request(reader, rest, 1000, body.size()), Step::complete);
  EXPECT_EQ(reader.head().target, "/long");
  EXPECT_EQ(reader.head().content_type, "t/u");
  EXPECT_EQ(reader.head().headers.at(0).name, "Host");
  EXPECT_EQ(reader.body(), body);
}

TEST(RequestReaderTest, reads_fields_that_were_met_before_as_at_the_first_time) {
  const std::string fields = "Host: a\r\nIf-None-Match: \"7\"\r\nConnection: keep-alive\r\n\r\n";
  const Limits limits;
  RequestReader::LastFields last_fields;
  RequestReader first(limits, last_fields);
  std::string_view rest;
  std::string bytes = "GET /1 HTTP/1.1\r\n" + fields;
  ASSERT_EQ(read_request(first, rest = bytes, bytes.size()), Step::complete);
  const auto known = last_fields;
  ASSERT_TRUE(known);
  bytes =
      "DELETE /2?q HTTP/1.1\r\n" + fields + "GET /3 HTTP/1.0\r\n" + fields + "G@T /4 HTTP/1.1\r\n" + fields;
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    last_fields = known;
    RequestReader reader(limits, last_fields);
    rest = bytes;
    ASSERT_EQ(read_request(reader, rest, piece), Step::complete);
    EXPECT_EQ(reader.head().method, Method::del);
    EXPECT_EQ(reader.head().target, "/2?q");
    EXPECT_EQ(reader.head().if_none_match, "\"7\"");
    EXPECT_EQ(reader.head().headers.size(), 3U);
    EXPECT_TRUE(reader.head().keep_alive);
    reader.consume();
    ASSERT_EQ(read_request(reader, rest, piece), Step::complete);
    EXPECT_EQ(reader.head().target, "/3");
    EXPECT_TRUE(reader.head().http_1_0) << "the same fields under another version";
    reader.consume();
    ASSERT_EQ(read_request(reader, rest, piece), Step::refused) << "a request line is judged each time";
  }
}

TEST(RequestReaderTest, keeps_no_credentials_and_no_framing) {
  const Limits limits;
  for (const char* const fields :
       {"Host: a\r\nAuthorization: Bearer t\r\n\r\n", "Host: a\r\nCookie: c=1\r\n\r\n",
        "Host: a\r\nContent-Length: 1\r\n\r\nx"}) {
    RequestReader::LastFields last_fields;
    RequestReader reader(limits, last_fields);
    const std::string bytes = std::string("GET / HTTP/1.1\r\n") + fields;
    std::string_view rest = bytes;
    ASSERT_EQ(read_request(reader, rest, bytes.size()), Step::complete);
    EXPECT_FALSE(last_fields) << fields;
  }
}

TEST(RequestReaderTest, keeps_views_of_known_fields_while_others_take_their_place) {
  const Limits limits;
  RequestReader::LastFields last_fields;
  RequestReader reader(limits, last_fields);
  RequestReader other(limits, last_fields);
  const std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n";
  std::string_view rest;
  ASSERT_EQ(read_request(reader, rest = bytes, bytes.size()), Step::complete);
  reader.consume();
  ASSERT_EQ(read_request(reader, rest = bytes, bytes.size()), Step::complete);
  const std::string others = "GET / HTTP/1.1\r\nHost: b\r\n\r\n";
  ASSERT_EQ(read_request(other, rest = others, others.size()), Step::complete);
  EXPECT_EQ(reader.head().headers.back().value, "text/html");
}

TEST(RequestReaderTest, bounds_the_head) {
  const std::string line = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  EXPECT_EQ(status_of(line + std::string(1024 - line.size() - 4, 'x') + "\r\n\r\n"), 200U);
  EXPECT_EQ(status_of(line + std::string(1025 - line.size() - 4, 'x') + "\r\n\r\n"), 431U);
  EXPECT_EQ(status_of(line + std::string(2000, 'x')), 431U);
  EXPECT_EQ(status_of("GET /" + std::string(2000, 'x')), 414U);
}

TEST(RequestReaderTest, bounds_the_body_before_it_comes) {
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", 10), 413U);
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999999999\r\n\r\n", 10), 413U);
  EXPECT_EQ(status_of(chunked("b\r\nab"), 10), 413U);
  EXPECT_EQ(status_of(chunked("6\r\nabcdef\r\n6\r\n"), 10), 413U);
  EXPECT_EQ(status_of(chunked("5\r\nabcde\r\n5\r\nabcde\r\n0\r\n\r\n"), 10), 200U);
}

TEST(RequestReaderTest, refuses_bad_chunks) {
  for (const char* bad :
       {"x\r\n\r\n\r\n", "-1\r\nabc\r\n", "\r\n\r\n\r\n", "0x3\r\nabc\r\n\r\n", "3\nabc\n0\n\n\r\n\r\n",
        "3\r\nabcd\r\n0\r\n\r\n", "3 \r\nabc\r\n0\r\n\r\n", "11111111111111111\r\n", "3;=\r\nabc\r\n",
        "3\r\nabc\r\n0\r\nContent-Length: 3\r\n\r\n", "3\r\nabc\r\n0\r\nbad trailer\r\n\r\n"}) {
    EXPECT_EQ(status_of(chunked(bad)), 400U) << bad;
  }
}

TEST(RequestReaderTest, bounds_chunk_extensions_and_trailers) {
  EXPECT_EQ(status_of(chunked("3;" + std::string(2000, 'x'))), 400U);
  EXPECT_EQ(status_of(chunked("0\r\nX: " + std::string(2000, 'x'))), 400U);
  std::string many;
  for (int i = 0; i < 200; ++i) many += "1;extension\r\na\r\n";
  EXPECT_EQ(status_of(chunked(many + "0\r\n\r\n")), 400U);
}

TEST(RequestReaderTest, tells_nonsense_at_its_first_byte) {
  EXPECT_EQ(status_of("\x16\x03\x01"), 400U);
  EXPECT_EQ(status_of("{\"a\":1}"), 400U);
}

TEST(RequestReaderTest, skips_a_few_blank_lines_before_a_request) {
  EXPECT_EQ(status_of("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 200U);
  EXPECT_EQ(status_of("\r\n\r\n\r\n\r\n\r\n\r\n"), 400U);
  EXPECT_EQ(status_of("\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), 400U);
}

TEST(RequestReaderTest, needs_more_of_a_request_that_is_not_whole) {
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\n"), 0U);
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcd"), 0U);
  EXPECT_EQ(status_of(chunked("0\r\n\r")), 0U);
}

}  // namespace
}  // namespace bazar::http
