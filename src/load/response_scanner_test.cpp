#include "load/response_scanner.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace bazar::load {
namespace {

using Step = ResponseScanner::Step;

struct Sight {
  Step step = Step::need_more;
  Answer answer;
  std::string left;
};

/// The answer's bytes in pieces of at most `piece`.
Sight scan(std::string_view text, std::size_t piece) {
  ResponseScanner scanner;
  Sight sight;
  while (!text.empty() && sight.step == Step::need_more) {
    std::string_view bytes = text.substr(0, piece);
    text.remove_prefix(bytes.size());
    sight.step = scanner.read(bytes);
    if (sight.step == Step::complete) sight.left = std::string(bytes) + std::string(text);
    if (sight.step == Step::need_more) EXPECT_TRUE(bytes.empty());
  }
  sight.answer = scanner.answer();
  return sight;
}

struct Case {
  std::string text;
  unsigned status = 200;
  bool keep_alive = true;
  CacheOutcome cache = CacheOutcome::unknown;
};

const std::vector<Case> whole_answers{
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"},
    {"HTTP/1.1 404 Not Found\r\ncontent-length:0\r\n\r\n", 404},
    {"HTTP/1.1 204 No Content\r\n\r\n", 204},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", 304},
    {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", 200, false},
    {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, false},
    {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx"},
    {"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n\r\n"},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"},
    {"HTTP/1.1 200 OK\r\nCache-Status: bazar; hit\r\nContent-Length: 0\r\n\r\n", 200, true,
     CacheOutcome::hit},
    {"HTTP/1.1 200 OK\r\nCache-Status: bazar; fwd=miss\r\nContent-Length: 0\r\n\r\n", 200, true,
     CacheOutcome::miss},
    {"HTTP/1.1 200 OK\r\nCache-Status: bazar; fwd=bypass\r\nContent-Length: 0\r\n\r\n", 200, true,
     CacheOutcome::bypass},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1A;x=y\r\n" + std::string(26, 'z') +
     "\r\n0\r\n\r\n"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\nTrailer: a\r\n\r\n"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n" + std::string(70'000, '\n')},
};

TEST(ResponseScanner, finds_the_end_however_the_bytes_come) {
  for (const Case& expected : whole_answers) {
    for (const std::size_t piece : {1UL, 2UL, 3UL, 5UL, 17UL, 100UL, 1'000'000UL}) {
      const Sight sight = scan(expected.text + "HTTP/1.1 next", piece);
      EXPECT_EQ(sight.step, Step::complete) << expected.text.substr(0, 100) << piece;
      EXPECT_EQ(sight.left, "HTTP/1.1 next") << expected.text.substr(0, 100) << piece;
      EXPECT_EQ(sight.answer.status, expected.status);
      EXPECT_EQ(sight.answer.keep_alive, expected.keep_alive) << expected.text.substr(0, 100);
      EXPECT_EQ(sight.answer.cache, expected.cache);
    }
  }
}

TEST(ResponseScanner, waits_for_the_whole_answer) {
  for (const Case& expected : whole_answers) {
    const std::string text = expected.text.substr(0, expected.text.size() - 1);
    EXPECT_EQ(scan(text, 1'000'000).step, Step::need_more) << expected.text.substr(0, 100);
  }
}

TEST(ResponseScanner, takes_the_connections_end_for_the_bodys_where_nothing_else_says) {
  ResponseScanner scanner;
  std::string_view bytes = "HTTP/1.1 200 OK\r\n\r\nall that comes";
  EXPECT_EQ(scanner.read(bytes), Step::need_more);
  EXPECT_EQ(scanner.read_end(), Step::complete);
  EXPECT_FALSE(scanner.answer().keep_alive);
  scanner.reset();
  bytes = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort";
  EXPECT_EQ(scanner.read(bytes), Step::need_more);
  EXPECT_EQ(scanner.read_end(), Step::malformed);
}

TEST(ResponseScanner, reads_one_answer_after_another) {
  ResponseScanner scanner;
  for (const Case& expected : whole_answers) {
    std::string_view bytes = expected.text;
    EXPECT_EQ(scanner.read(bytes), Step::complete);
    EXPECT_EQ(scanner.answer().status, expected.status);
    scanner.reset();
  }
}

TEST(ResponseScanner, refuses_what_is_not_http) {
  for (const std::string text : {
           "SSH-2.0-OpenSSH_9.2\r\n\r\n",
           "HTTP/2 200\r\n\r\n",
           "HTTP/1.1 20x OK\r\n\r\n",
           "HTTP/1.1  200 OK\r\n\r\n",
           "HTTP/1.1 099 OK\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ng\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffffff\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n",
       }) {
    EXPECT_EQ(scan(text, 1).step, Step::malformed) << text;
    EXPECT_EQ(scan(text, 1'000).step, Step::malformed) << text;
  }
  EXPECT_EQ(scan("HTTP/1.1 200 OK\r\nX: " + std::string(ResponseScanner::max_head_bytes, 'x'), 4'096).step,
            Step::malformed);
}

/// Whatever comes, however it is cut: the same end, and no byte out of bounds (under the address sanitizer).
TEST(ResponseScanner, judges_garbage_alike_however_it_is_cut) {
  std::mt19937 random(11);
  const auto below = [&](std::size_t n) { return random() % n; };
  for (int round = 0; round < 20'000; ++round) {
    std::string text = whole_answers[below(whole_answers.size() - 1)].text;
    for (std::size_t edits = 1 + below(4); edits > 0 && !text.empty(); --edits) {
      const std::size_t at = below(text.size());
      switch (below(3)) {
        case 0:
          text[at] = static_cast<char>(below(256));
          break;
        case 1:
          text.erase(at, 1 + below(8));
          break;
        default:
          text.insert(at, text.substr(below(text.size()), 1 + below(8)));
      }
    }
    const Sight whole = scan(text, text.size() + 1);
    const Sight cut = scan(text, 1 + below(7));
    ASSERT_EQ(whole.step, cut.step) << text;
    if (whole.step == Step::complete) {
      ASSERT_EQ(whole.left, cut.left) << text;
      ASSERT_EQ(whole.answer.status, cut.answer.status) << text;
    }
  }
}

}  // namespace
}  // namespace bazar::load
