#pragma once

#include <boost/intrusive/list_hook.hpp>
#include <boost/system/error_code.hpp>
#include <string>

#include "base/clock.hpp"
#include "base/task.hpp"
#include "http/client.hpp"

namespace bazar::http {

/// One keep-alive connection of the client. Whoever keeps the time closes it when `deadline` has passed,
/// which ends the operation under way.
class ClientConnection
    : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  explicit ClientConnection(Loop& loop) : socket_(loop) {}

  /// Of the connect or exchange under way, or of its place in the pool.
  SteadyTime deadline = SteadyTime::max();

  Task<bool> connect(asio::ip::tcp::endpoint endpoint);

  enum class Outcome {
    complete,
    closed_unanswered,  ///< not one byte of an answer came
    lost,
    malformed,
  };
  /// Writes head and body, reads the answer into `response`. The views must stay valid until it is done.
  Task<Outcome> exchange(std::string_view head, std::string_view body, bool head_request,
                         std::size_t max_bytes, ClientResponse& response);

  /// After a complete exchange: whether the next one may use this connection.
  [[nodiscard]] bool is_reusable() const { return reusable_; }
  /// The peer has closed, or sent what nobody asked for.
  [[nodiscard]] bool looks_stale();

  void expire();
  [[nodiscard]] bool expired() const { return expired_; }

 private:
  Task<bool> write(std::string_view head, std::string_view body);

  Socket socket_;
  std::string buffer_;
  bool reusable_ = false;
  bool expired_ = false;
};

}  // namespace bazar::http
