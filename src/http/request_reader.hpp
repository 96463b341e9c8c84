#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/limits.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"
#include "http/request_head.hpp"

namespace bazar::http {

/// Makes requests of the bytes of a connection: one buffer, no I/O, no clock. A session reads into
/// `prepare()`, tells `commit`, and calls `advance` until it needs more bytes.
class RequestReader {
 public:
  enum class Step {
    need_more,
    head,      ///< the head is whole; call `set_body_limit`, then `advance` again
    complete,  ///< body too; call `consume` when the request is answered
    refused,   ///< see `refusal`; nothing after this can be read
  };

  /// The fields that the readers of a loop met last.
  using LastFields = std::shared_ptr<const KnownFields>;

  /// `limits` and `last_fields` outlive it.
  RequestReader(const Limits& limits, LastFields& last_fields);
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  /// Room for the next read; never empty.
  [[nodiscard]] std::span<char> prepare();
  void commit(std::size_t bytes);

  [[nodiscard]] Step advance();
  void set_body_limit(std::size_t bytes) { body_limit_ = bytes; }
  void consume();

  [[nodiscard]] const RequestHead& head() const { return head_; }
  [[nodiscard]] std::string_view body() const;
  [[nodiscard]] const Problem& refusal() const { return refusal_; }
  /// No byte of a request has come yet.
  [[nodiscard]] bool is_idle() const { return state_ == State::head && begin_ == end_; }
  [[nodiscard]] bool is_in_body() const {
    return state_ == State::sized_body || state_ == State::chunked_body;
  }
  /// Bytes of a next request have come too.
  [[nodiscard]] bool has_more_than_request() const { return buffered() > request_size(); }

 private:
  enum class State { head, head_done, sized_body, chunked_body, complete, refused };
  class Parser;

  Step read_head();
  Step finish_head(std::size_t size);
  /// As `finish_head`, where the fields are known. False: the head has to be read as any other.
  bool finish_known_head();
  Step begin_body();
  Step read_sized_body();
  Step read_chunked_body();
  Step refuse(Problem problem);
  Step refuse_head_size(bool within_request_line);
  [[nodiscard]] std::size_t buffered() const { return end_ - begin_; }
  [[nodiscard]] std::size_t request_size() const {
    return head_size_ + (head_.chunked ? 0 : static_cast<std::size_t>(head_.content_length));
  }
  [[nodiscard]] char* data() const { return buffer_.get() + begin_; }
  void grow(std::size_t capacity);
  void discard(std::size_t bytes);

  const Limits& limits_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;       ///< of the present request
  std::size_t end_ = 0;         ///< of what was read
  std::size_t scanned_ = 0;     ///< relative to begin_: no line end before it
  std::size_t line_start_ = 0;  ///< relative to begin_: of the head's line that is not whole yet
  std::size_t fields_at_ = 0;   ///< relative to begin_: behind the request line, once that is whole
  unsigned blank_lines_ = 0;    ///< before the request line
  std::size_t head_size_ = 0;
  std::size_t body_limit_ = 0;
  bool chunks_begun_ = false;
  std::string decoded_body_;
  State state_ = State::head;
  std::unique_ptr<Parser> parser_;
  RequestHead head_;
  LastFields known_;  ///< what `head_` points into, unless that is the buffer
  LastFields& last_fields_;
  Problem refusal_;
};

}  // namespace bazar::http
