#include "http/server.hpp"

#include "base/assert.hpp"
#include "http/listener.hpp"
#include "http/worker.hpp"
#include "observe/log.hpp"

namespace bazar::http {

namespace {
/// For cut sessions to unwind. What a handler awaits without heeding cancellation may outlast it.
constexpr milliseconds unwind_time{1'000};
}  // namespace

class Server::Impl {
 public:
  Impl(LoopPool& loops, const ServerOptions& options, const MakeRouter& make_router,
       observe::Metrics& metrics)
      : loops_(loops), connections_(std::make_shared<ConnectionCount>(options.max_connections)) {
    std::vector<Acceptor> acceptors = listen(loops, options.host, options.port);
    port_ = acceptors.front().local_endpoint().port();
    for (std::size_t i = 0; i < loops.size(); ++i) {
      workers_.push_back(std::make_shared<Worker>(loops.at(i), std::move(acceptors[i]), options,
                                                  make_router(loops.at(i), i), connections_, metrics));
    }
  }

  ~Impl() {
    if (started_ && !stopped_ && !loops_.at(0).stopped()) stop(milliseconds(0));
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }

  void start() {
    BAZAR_ASSERT(!started_, "a server is started once");
    started_ = true;
    for (const auto& worker : workers_) worker->start();
  }

  void stop(milliseconds grace) {
    if (std::exchange(stopped_, true)) return;
    for (const auto& worker : workers_) worker->stop_gracefully();
    if (connections_->wait_until_none(grace)) return;
    for (const auto& worker : workers_) worker->cut();
    if (!connections_->wait_until_none(unwind_time)) {
      observe::log_warning("handlers still wait for something after the server was stopped");
    }
  }

 private:
  LoopPool& loops_;
  const std::shared_ptr<ConnectionCount> connections_;
  std::vector<std::shared_ptr<Worker>> workers_;
  std::uint16_t port_ = 0;
  bool started_ = false;
  bool stopped_ = false;
};

Server::Server(LoopPool& loops, ServerOptions options, const MakeRouter& make_router,
               observe::Metrics& metrics)
    : impl_(std::make_unique<Impl>(loops, options, make_router, metrics)) {}
Server::~Server() = default;

std::uint16_t Server::port() const { return impl_->port(); }
void Server::start() { impl_->start(); }
void Server::stop(milliseconds grace) { impl_->stop(grace); }

}  // namespace bazar::http
