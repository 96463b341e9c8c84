#pragma once

#include <boost/intrusive/list.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>

#include "base/task.hpp"
#include "http/request_metrics.hpp"
#include "http/response_head.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "http/session.hpp"

namespace bazar::http {

/// Connections of all loops of a server: bounds them, and lets `stop` wait for the last and for the listeners
/// to close. Thread-safe.
class ConnectionCount {
 public:
  explicit ConnectionCount(std::size_t max) : max_(max) {}
  [[nodiscard]] bool try_enter();
  void leave();
  void listener_opened();
  void listener_closed();
  /// False when something is left after `timeout`.
  [[nodiscard]] bool wait_until_none(milliseconds timeout);

 private:
  const std::size_t max_;
  std::mutex mutex_;
  std::condition_variable none_;
  std::size_t count_ = 0;
  std::size_t listeners_ = 0;
};

/// A server's part on one loop: listener, sessions, and the sweep that ends overdue ones. Lives as long as
/// one of its sessions. Everything but `start`, `stop_gracefully` and `cut` runs on the loop.
class Worker : public std::enable_shared_from_this<Worker> {
 public:
  Worker(Loop& loop, Acceptor acceptor, const ServerOptions& options, std::unique_ptr<Router> router,
         std::shared_ptr<ConnectionCount> connections, observe::Metrics& metrics);
  ~Worker();

  void start();
  /// Stops accepting, closes idle connections; the others after their present answer.
  void stop_gracefully();
  /// Ends every session at once.
  void cut();

  [[nodiscard]] bool stopping() const { return stopping_; }
  [[nodiscard]] const Limits& limits() const { return options_.limits; }
  [[nodiscard]] const Router& router() const { return *router_; }
  [[nodiscard]] RequestMetrics& metrics() { return metrics_; }
  [[nodiscard]] CommonFields& common_fields() { return common_fields_; }
  [[nodiscard]] RequestReader::LastFields& last_fields() { return last_fields_; }
  /// For an answer from its making to its writing, between which nothing else runs on the loop: one place for
  /// all sessions stays in the processor's cache.
  [[nodiscard]] std::string& output() { return output_; }
  void session_ended();

 private:
  static Task<> accept_connections(std::shared_ptr<Worker> self);
  void admit(Socket socket, const asio::ip::address& peer);
  void schedule_sweep();
  void sweep();

  Loop& loop_;
  Acceptor acceptor_;
  Timer accept_backoff_;
  Timer sweep_timer_;
  const ServerOptions options_;
  const std::unique_ptr<Router> router_;
  const std::shared_ptr<ConnectionCount> connections_;
  RequestMetrics metrics_;
  CommonFields common_fields_;
  RequestReader::LastFields last_fields_;
  std::string output_;
  boost::intrusive::list<Session, boost::intrusive::constant_time_size<false>> sessions_;
  bool sweeping_ = false;
  bool stopping_ = false;
};

}  // namespace bazar::http
