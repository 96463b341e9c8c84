#include "http/worker.hpp"

#include <boost/asio/redirect_error.hpp>

#include "http/problem.hpp"
#include "observe/log.hpp"

namespace bazar::http {
namespace {

constexpr milliseconds sweep_interval{100};
constexpr milliseconds accept_backoff{50};  ///< when there is no descriptor or memory for another connection

void refuse_connection(Socket socket, CommonFields& common) {
  std::string text;
  const Response response = to_response(overloaded("There are too many connections."));
  append_head(text, response, common,
              {.now = std::chrono::steady_clock::now(), .persistence = Persistence::close});
  text += response.body;
  boost::system::error_code ignored;  // the connection is given up either way
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(text), ignored);
  socket.shutdown(asio::socket_base::shutdown_send, ignored);
}

}  // namespace

bool ConnectionCount::try_enter() {
  const std::lock_guard lock(mutex_);
  if (count_ == max_) return false;
  ++count_;
  return true;
}

void ConnectionCount::leave() {
  const std::lock_guard lock(mutex_);
  if (--count_ == 0) none_.notify_all();
}

void ConnectionCount::listener_opened() {
  const std::lock_guard lock(mutex_);
  ++listeners_;
}

void ConnectionCount::listener_closed() {
  const std::lock_guard lock(mutex_);
  if (--listeners_ == 0) none_.notify_all();
}

bool ConnectionCount::wait_until_none(milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return none_.wait_for(lock, timeout, [this] { return count_ == 0 && listeners_ == 0; });
}

Worker::Worker(Loop& loop, Acceptor acceptor, const ServerOptions& options, std::unique_ptr<Router> router,
               std::shared_ptr<ConnectionCount> connections, observe::Metrics& metrics)
    : loop_(loop),
      acceptor_(std::move(acceptor)),
      accept_backoff_(loop),
      sweep_timer_(loop),
      options_(options),
      router_(std::move(router)),
      connections_(std::move(connections)),
      metrics_(metrics),
      common_fields_(options_.headers) {}

Worker::~Worker() = default;

void Worker::start() {
  connections_->listener_opened();
  asio::co_spawn(loop_, accept_connections(shared_from_this()), asio::detached);
}

void Worker::stop_gracefully() {
  asio::post(loop_, [self = shared_from_this()] {
    self->stopping_ = true;
    boost::system::error_code ignored;
    self->acceptor_.close(ignored);
    self->accept_backoff_.cancel();
    self->connections_->listener_closed();
    for (Session& session : self->sessions_) session.close_if_idle();
  });
}

void Worker::cut() {
  asio::post(loop_, [self = shared_from_this()] {
    for (Session& session : self->sessions_) session.cut();
  });
}

Task<> Worker::accept_connections(std::shared_ptr<Worker> self) {
  while (!self->stopping_) {
    asio::ip::tcp::endpoint peer;
    boost::system::error_code error;
    Socket socket = co_await self->acceptor_.async_accept(peer, asio::redirect_error(use_task, error));
    if (!error) {
      self->admit(std::move(socket), peer.address());
    } else if (error != asio::error::connection_aborted && error != asio::error::operation_aborted) {
      self->metrics_.accept_failed();
      observe::log_warning("cannot accept a connection", {{"error", error.message()}});
      self->accept_backoff_.expires_after(accept_backoff);
      co_await self->accept_backoff_.async_wait(asio::redirect_error(use_task, error));
    }
  }
}

void Worker::admit(Socket socket, const asio::ip::address& peer) {
  if (!connections_->try_enter()) {
    metrics_.rejected("too-many-connections");
    refuse_connection(std::move(socket), common_fields_);
    return;
  }
  metrics_.connections_changed(1);
  const auto session = std::make_shared<Session>(shared_from_this(), std::move(socket), peer);
  sessions_.push_back(*session);
  Session::launch(session);
  if (!sweeping_) schedule_sweep();
}

void Worker::session_ended() {
  metrics_.connections_changed(-1);
  connections_->leave();
}

void Worker::schedule_sweep() {
  sweeping_ = true;
  sweep_timer_.expires_after(sweep_interval);
  sweep_timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->sweep();
  });
}

void Worker::sweep() {
  const SteadyTime now = std::chrono::steady_clock::now();
  for (Session& session : sessions_) session.close_if_overdue(now);
  sweeping_ = false;
  if (!sessions_.empty()) schedule_sweep();
}

}  // namespace bazar::http
