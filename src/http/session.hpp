#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <boost/intrusive/list_hook.hpp>
#include <memory>
#include <optional>
#include <string>

#include "base/task.hpp"
#include "http/request_reader.hpp"
#include "http/response_head.hpp"
#include "http/router.hpp"

namespace bazar::http {

class Worker;

/// Whether to look for the next request when the other sessions have had their turn, before waiting for it.
/// It spares Asio's own look, which comes at once and so finds nothing; but where clients take longer than a
/// turn it is one more in vain. So after one in vain the next few are left out.
class SpareRead {
 public:
  [[nodiscard]] bool is_due() {
    if (left_out_ == 0) return true;
    --left_out_;
    return false;
  }
  void was(bool in_vain) { left_out_ = in_vain ? pause : 0; }

 private:
  static constexpr unsigned pause = 15;
  unsigned left_out_ = 0;
};

/// One connection, one coroutine: reads a request, has it answered, writes, and again. Its worker's sweep
/// closes the socket when `deadline_` has passed, which ends the operation under way: no timer an operation.
/// Used on its loop only.
class Session
    : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  Session(std::shared_ptr<Worker> worker, Socket socket, const asio::ip::address& peer);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  static void launch(const std::shared_ptr<Session>& self);

  void close_if_overdue(SteadyTime now);
  void close_if_idle();
  /// Closes the socket and cancels what the handler waits for.
  void cut();

 private:
  enum class Reading { ready, refused, closed, needs_bytes, needs_continue };

  // `serve` is the only coroutine that a request runs through here: each further one would cost as much as
  // parsing it.
  Task<> serve();
  /// Waits until all is written. False: the connection is lost, as `blocked` may say already.
  Task<bool> write_rest(boost::system::error_code blocked);
  Task<> drain();

  void begin_request();
  /// As far as what has come allows.
  Reading read_request();
  void received(std::size_t bytes);
  /// Puts the answer where `write` takes it from. `response` stays until it is written.
  void compose(Response& response, bool close);
  void compose_prepared(const PreparedResponse& response, const AnswerContext& context);
  void compose_continue();
  void compose_body(std::string_view body);
  /// Writes what the socket has room for of `head` and `long_body_`. No error: all is written.
  boost::system::error_code write(std::string_view& head);
  /// The same for an answer just composed; keeps what is left.
  boost::system::error_code write_composed();
  void answered();

  /// Routes the request whose head has come; holds what refuses it.
  std::optional<Response> refuse_at_head();
  std::optional<Response> match_route();
  std::optional<Response> check_body_rule();
  bool set_deadline();
  void set_trace();
  void restore_views();
  Response refusal(const Problem& problem);
  /// What the exception being handled is answered with.
  Response failure();
  [[nodiscard]] bool knows(std::string_view etag) const;
  void close();

  const std::shared_ptr<Worker> worker_;
  Socket socket_;
  asio::cancellation_signal cancel_;
  RequestReader reader_;
  Request request_;
  const Route* route_ = nullptr;
  std::optional<Response> refusal_;
  bool continued_ = false;      ///< the body of the present request has been waited for
  unsigned status_ = 200;       ///< of the present answer
  std::string unwritten_;       ///< of its head, with its body where that is short
  std::string_view long_body_;  ///< else; what of it is unwritten
  SpareRead spare_read_;
  SteadyTime now_;                           ///< as read when the last bytes came or the last answer went
  SteadyTime started_;                       ///< when the present request's head was whole
  SteadyTime deadline_ = SteadyTime::max();  ///< of the read or write under way
  bool cut_ = false;
};

}  // namespace bazar::http
