#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "http/client.hpp"

namespace bazar::http {

/// Makes one response of the bytes of a connection. No I/O, no clock. Interim (1xx) responses are skipped.
class ResponseReader {
 public:
  enum class Step { need_more, complete, malformed };

  /// `head_request`: the answer has no body, whatever its header says.
  ResponseReader(bool head_request, std::size_t max_body_bytes);
  ~ResponseReader();
  ResponseReader(const ResponseReader&) = delete;
  ResponseReader& operator=(const ResponseReader&) = delete;

  /// Takes bytes off the front of `bytes`; what it leaves must be passed again, with more behind it.
  [[nodiscard]] Step read(std::string_view& bytes);
  /// The connection has ended: complete only where the end of the connection ends the body.
  [[nodiscard]] Step read_end();

  [[nodiscard]] bool keep_alive() const;
  [[nodiscard]] ClientResponse take() { return std::move(response_); }

 private:
  class Parser;
  void begin();

  const bool head_request_;
  const std::size_t max_body_bytes_;
  ClientResponse response_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace bazar::http
