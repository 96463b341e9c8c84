#include "http/limits.hpp"

#include <gtest/gtest.h>

#include <string>

namespace bazar::http {
namespace {

std::optional<HeadFault> fault_of(std::string_view lines) {
  return find_head_fault("GET / HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n");
}

TEST(HeadFaultTest, passes_plain_heads) {
  EXPECT_EQ(fault_of(""), std::nullopt);
  EXPECT_EQ(fault_of("Accept: */*\r\nX-Empty:\r\nX-Tab:\ta\tb\t\r\n"), std::nullopt);
  EXPECT_EQ(fault_of("Content-Length: 0\r\n"), std::nullopt);
  EXPECT_EQ(fault_of("content-length:42\r\n"), std::nullopt);
  EXPECT_EQ(fault_of("Transfer-Encoding: Chunked \r\n"), std::nullopt);
  EXPECT_EQ(find_head_fault("GET / HTTP/1.0\r\n\r\n"), std::nullopt);
  EXPECT_EQ(find_head_fault("OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"), std::nullopt);
  EXPECT_EQ(find_head_fault("GET / HTTP/1.1\r\nHost:\r\n\r\n"), std::nullopt);
}

TEST(HeadFaultTest, refuses_nul_anywhere) {
  using std::string_literals::operator""s;
  EXPECT_EQ(fault_of("X: a\0b\r\n"s), HeadFault::nul_byte);
  EXPECT_EQ(find_head_fault("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s), HeadFault::nul_byte);
}

TEST(HeadFaultTest, refuses_bare_line_ends) {
  EXPECT_EQ(fault_of("X: a\nY: b\r\n"), HeadFault::bare_cr_or_lf);
  EXPECT_EQ(fault_of("X: a\rY: b\r\n"), HeadFault::bare_cr_or_lf);
  EXPECT_EQ(fault_of("X: a\r\r\n"), HeadFault::bare_cr_or_lf);
  EXPECT_EQ(find_head_fault("GET / HTTP/1.1\nHost: a\n\n"), HeadFault::bare_cr_or_lf);
  EXPECT_EQ(find_head_fault("GET / HTTP/1.1\r\nHost: a"), HeadFault::bare_cr_or_lf);
  EXPECT_EQ(find_head_fault("\n"), HeadFault::bare_cr_or_lf);
  EXPECT_EQ(find_head_fault("\n\r\n"), HeadFault::bare_cr_or_lf);
  EXPECT_EQ(find_head_fault("GET / HTTP/1.1\r\n\nHost: a\r\n\r\n"), HeadFault::bare_cr_or_lf);
}

TEST(HeadFaultTest, refuses_folded_lines_and_blanks_before_the_colon) {
  EXPECT_EQ(fault_of("X: a\r\n b\r\n"), HeadFault::folded_line);
  EXPECT_EQ(fault_of("X: a\r\n\tTransfer-Encoding: chunked\r\n"), HeadFault::folded_line);
  EXPECT_EQ(find_head_fault("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), HeadFault::folded_line);
  EXPECT_EQ(fault_of("Content-Length : 5\r\n"), HeadFault::space_before_colon);
  EXPECT_EQ(fault_of("X\t: 5\r\n"), HeadFault::space_before_colon);
}

TEST(HeadFaultTest, refuses_malformed_header_lines) {
  for (const char* bad : {"novalue\r\n", ": value\r\n", "a b: c\r\n", "a(: c\r\n", "X: \x01\r\n",
                          "X: \x7F\r\n", "X\x80: a\r\n"}) {
    EXPECT_EQ(fault_of(bad), HeadFault::bad_header_line) << bad;
  }
}

TEST(HeadFaultTest, refuses_more_than_one_framing) {
  EXPECT_EQ(fault_of("Content-Length: 5\r\nContent-Length: 5\r\n"), HeadFault::repeated_content_length);
  EXPECT_EQ(fault_of("Content-Length: 5, 5\r\n"), HeadFault::repeated_content_length);
  EXPECT_EQ(fault_of("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
            HeadFault::length_and_transfer_encoding);
  EXPECT_EQ(fault_of("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
            HeadFault::length_and_transfer_encoding);
  EXPECT_EQ(find_head_fault("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
            HeadFault::chunked_on_http_1_0);
}

TEST(HeadFaultTest, refuses_lengths_that_are_no_decimal_number) {
  for (const char* bad : {"", "-1", "+1", "1 1", "0x5", "5a", "1.0", "9999999999999999999"}) {
    EXPECT_EQ(fault_of("Content-Length: " + std::string(bad) + "\r\n"), HeadFault::bad_content_length) << bad;
  }
}

TEST(HeadFaultTest, refuses_every_transfer_coding_but_chunked) {
  for (const char* bad : {"gzip", "gzip, chunked", "chunked, chunked", "identity", "", "xchunked",
                          "chunked;q=1", "\"chunked\""}) {
    EXPECT_EQ(fault_of("Transfer-Encoding: " + std::string(bad) + "\r\n"),
              HeadFault::unsupported_transfer_coding)
        << bad;
  }
  EXPECT_EQ(fault_of("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
            HeadFault::unsupported_transfer_coding);
  EXPECT_EQ(fault_of("Transfer-Encoding: gzip\r\nContent-Length: 5\r\n"),
            HeadFault::unsupported_transfer_coding);
}

TEST(HeadFaultTest, wants_exactly_one_host) {
  EXPECT_EQ(find_head_fault("GET / HTTP/1.1\r\n\r\n"), HeadFault::missing_host);
  EXPECT_EQ(fault_of("host: b\r\n"), HeadFault::repeated_host);
  EXPECT_EQ(find_head_fault("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"), HeadFault::repeated_host);
  for (const char* bad : {"a b", "a,b", "a/b", "u@a", "a?b", "a\\b"}) {
    EXPECT_EQ(find_head_fault("GET / HTTP/1.1\r\nHost: " + std::string(bad) + "\r\n\r\n"),
              HeadFault::bad_host)
        << bad;
  }
}

TEST(HeadFaultTest, refuses_malformed_request_lines) {
  for (const char* bad : {"", " ", "GET", "GET /", "GET  / HTTP/1.1", "GET / HTTP/1.1 ", "GET / HTTP/1.2",
                          "GET / HTTP/2.0", "GET / http/1.1", "GET\t/ HTTP/1.1", "G(T / HTTP/1.1",
                          "GET /a b HTTP/1.1", "GET /\x80 HTTP/1.1", "GET  HTTP/1.1", "GET / HTTP/1.10"}) {
    EXPECT_EQ(find_head_fault(std::string(bad) + "\r\nHost: a\r\n\r\n"), HeadFault::bad_request_line) << bad;
  }
  EXPECT_EQ(find_head_fault(""), HeadFault::bad_request_line);
}

TEST(HeadFaultTest, refuses_what_follows_the_empty_line) {
  EXPECT_NE(find_head_fault("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n"), std::nullopt);
}

}  // namespace
}  // namespace bazar::http
