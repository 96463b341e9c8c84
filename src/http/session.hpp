#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <boost/intrusive/list_hook.hpp>
#include <memory>
#include <optional>
#include <string>

#include "base/task.hpp"
#include "http/request_reader.hpp"
#include "http/router.hpp"

namespace bazar::http {

class Worker;

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
  enum class Reading { ready, refused, closed };

  Task<> serve();
  Task<Reading> read_request();
  Task<bool> receive();
  Task<bool> write(std::string_view head, std::string_view body);
  Task<bool> answer(Response response, bool close);
  Task<Response> call_handler();
  Task<> drain();

  /// Routes the request whose head has come; holds what refuses it.
  std::optional<Response> refuse_at_head();
  std::optional<Response> match_route();
  std::optional<Response> check_body_rule();
  bool set_deadline();
  void set_trace();
  void restore_views();
  Response refusal(const Problem& problem);
  [[nodiscard]] bool matches_known_version(const Response& response) const;
  void close();

  const std::shared_ptr<Worker> worker_;
  Socket socket_;
  asio::cancellation_signal cancel_;
  RequestReader reader_;
  Request request_;
  const Route* route_ = nullptr;
  std::optional<Response> refusal_;
  std::string out_;
  SteadyTime now_;                           ///< as read when the last bytes came or the last answer went
  SteadyTime started_;                       ///< when the present request's head was whole
  SteadyTime deadline_ = SteadyTime::max();  ///< of the read or write under way
  bool cut_ = false;
};

}  // namespace bazar::http
