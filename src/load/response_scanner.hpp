#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bazar::load {

enum class CacheOutcome : std::uint8_t { unknown, hit, miss, bypass };

/// What a load generator wants of an answer.
struct Answer {
  unsigned status = 0;
  bool keep_alive = true;
  CacheOutcome cache = CacheOutcome::unknown;  ///< by Cache-Status (RFC 9211)
};

/// Finds the end of one response to a GET or POST among the bytes of a connection, by Content-Length, chunks
/// or the connection's end (RFC 9112, 6.3). Interim (1xx) responses are skipped, bodies are not kept. It
/// believes what servers say, where http::ResponseReader checks it, and costs a tenth: a generator has to
/// cost less than the server. Allocates only where a head comes in pieces. No I/O, no clock.
class ResponseScanner {
 public:
  enum class Step : std::uint8_t { need_more, complete, malformed };
  static constexpr std::size_t max_head_bytes = 64 * 1024;

  /// Takes what belongs to the response off the front of `bytes`; after need_more nothing is left there.
  [[nodiscard]] Step read(std::string_view& bytes);
  /// The connection has ended: complete only where that ends the body.
  [[nodiscard]] Step read_end() const;
  /// The next response is another one.
  void reset();

  [[nodiscard]] const Answer& answer() const { return answer_; }
  /// Some of the response has come.
  [[nodiscard]] bool begun() const { return state_ != State::head || !partial_head_.empty(); }

 private:
  enum class State : std::uint8_t { head, counted_body, chunk_size, chunk, chunk_end, trailers, body_to_end };

  [[nodiscard]] Step read_head(std::string_view& bytes);
  [[nodiscard]] bool scan_head(std::string_view head);
  [[nodiscard]] bool scan_field(std::string_view line);
  [[nodiscard]] Step read_counted(std::string_view& bytes);
  [[nodiscard]] Step read_chunks(std::string_view& bytes);
  [[nodiscard]] Step read_chunk_size(char c);

  State state_ = State::head;
  Answer answer_;
  bool chunked_ = false;
  bool has_length_ = false;
  bool line_has_content_ = false;  ///< of a chunk's size or a trailer
  bool in_extension_ = false;
  std::uint64_t left_ = 0;  ///< bytes of the body or chunk
  std::string partial_head_;
};

}  // namespace bazar::load
