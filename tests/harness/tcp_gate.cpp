#include "tests/harness/tcp_gate.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <thread>
#include <vector>

namespace bazar::harness {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t chunk_bytes = 16 * 1024;
/// Also when throttled a chunk is short enough to be no burst of its own.
constexpr std::size_t chunks_per_second = 20;
constexpr std::size_t max_queued_chunks = 64;
constexpr milliseconds look_again{2};

void reset(Socket& socket) {
  error_code ignored;
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

/// One way of one connection: chunks, each with the time before which it does not go on.
struct Pipe {
  explicit Pipe(Loop& loop) : reader(loop), writer(loop) {}
  struct Chunk {
    std::vector<char> bytes;
    SteadyTime due;
  };
  std::deque<Chunk> queue;
  TcpGate::Conduct conduct;
  SteadyTime line_free;  ///< throttled: when the last byte will be through
  bool ended = false;    ///< the sender has said that no more comes
  // Each waits on its own, which is cancelled whenever it should look again.
  Timer reader;
  Timer writer;

  void wake() {
    reader.cancel();
    writer.cancel();
  }
};

struct Connection {
  Connection(Loop& loop, Socket accepted)
      : client(std::move(accepted)), server(loop), to_server(loop), to_client(loop) {}
  Socket client;
  Socket server;
  Pipe to_server;
  Pipe to_client;
  std::string from;
  bool dead = false;    ///< half-open: what comes is swallowed
  bool closed = false;  ///< reset: nothing touches its sockets any more

  void close() {
    closed = true;
    reset(client);
    reset(server);
    to_server.wake();
    to_client.wake();
  }
};
using ConnectionPtr = std::shared_ptr<Connection>;

Task<> wait(Timer& timer, SteadyTime until) {
  error_code cancelled;
  timer.expires_at(until);
  co_await timer.async_wait(asio::redirect_error(use_task, cancelled));
}

Task<> read_into(ConnectionPtr connection, Socket& socket, Pipe& pipe) {
  while (!connection->closed) {
    const std::size_t rate = pipe.conduct.bytes_per_second;
    std::vector<char> bytes(rate == 0 ? chunk_bytes
                                      : std::clamp(rate / chunks_per_second, std::size_t{1}, chunk_bytes));
    error_code error;
    const std::size_t got =
        co_await socket.async_read_some(asio::buffer(bytes), asio::redirect_error(use_task, error));
    if (connection->closed) co_return;
    if (error) {
      // Of a dead connection the other end learns nothing, not even this.
      pipe.ended = true;
      if (!connection->dead && error != asio::error::eof) connection->close();
      pipe.wake();
      co_return;
    }
    if (connection->dead) continue;
    bytes.resize(got);
    SteadyTime due = std::chrono::steady_clock::now() + pipe.conduct.delay;
    if (rate > 0) {
      pipe.line_free = std::max(pipe.line_free, due) + std::chrono::microseconds(1'000'000 * got / rate);
      due = pipe.line_free;
    }
    pipe.queue.push_back({std::move(bytes), due});
    pipe.wake();
    while (!connection->closed && !connection->dead && pipe.queue.size() >= max_queued_chunks)
      co_await wait(pipe.reader, SteadyTime::max());
  }
}

Task<> write_from(ConnectionPtr connection, Socket& socket, Pipe& pipe) {
  while (!connection->closed) {
    if (connection->dead) {
      co_await wait(pipe.writer, SteadyTime::max());
      continue;
    }
    if (pipe.queue.empty() && pipe.ended) {
      error_code ignored;
      socket.shutdown(tcp::socket::shutdown_send, ignored);
      co_return;
    }
    if (pipe.queue.empty() || pipe.conduct.hold) {
      co_await wait(pipe.writer, SteadyTime::max());
      continue;
    }
    if (const SteadyTime due = pipe.queue.front().due; due > std::chrono::steady_clock::now()) {
      co_await wait(pipe.writer, due);
      continue;
    }
    const auto chunk = std::move(pipe.queue.front());
    pipe.queue.pop_front();
    error_code error;
    co_await asio::async_write(socket, asio::buffer(chunk.bytes), asio::redirect_error(use_task, error));
    if (connection->closed) co_return;
    if (error && !connection->dead) {
      connection->close();
      co_return;
    }
    pipe.wake();
  }
}

}  // namespace

class TcpGate::Impl {
 public:
  Impl() : reserved_(loop_), acceptor_(loop_) {
    // A bound socket that never listens keeps the port ours while the gate refuses connections.
    bind(reserved_, 0);
    port_ = reserved_.local_endpoint().port();
    listen();
    thread_ = std::thread([this] { loop_.run(); });
  }

  ~Impl() {
    on_loop([this] {
      close_acceptor();
      for (const auto& connection : open()) connection->close();
      work_.reset();
    });
    thread_.join();
  }

  template <class Change>
  void on_loop(Change change) {
    asio::post(loop_, asio::use_future(std::move(change))).get();
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::size_t accepted() const { return accepted_; }

  // The rest is called on the loop.

  void lead_to(const std::optional<http::Endpoint>& server) {
    server_.reset();
    if (server) server_ = tcp::endpoint(asio::ip::make_address(server->host), server->port);
  }

  void ask(WhoConnects who) { who_ = std::move(who); }

  /// What is done to each connection, present and future. `refuse`: there will be none.
  void set_fault(std::function<void(Connection&)> fault, bool refuse = false) {
    fault_ = std::move(fault);
    if (refuse) {
      close_acceptor();
    } else if (!acceptor_.is_open()) {
      listen();
    }
    for (const auto& connection : open()) apply_fault(*connection);
  }

 private:
  static void bind(Acceptor& socket, std::uint16_t port) {
    using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
    socket.open(tcp::v4());
    socket.set_option(ReusePort(true));
    socket.set_option(tcp::acceptor::reuse_address(true));
    socket.bind({asio::ip::address_v4::loopback(), port});
  }

  void listen() {
    bind(acceptor_, port_);
    acceptor_.listen();
    asio::co_spawn(loop_, accept_all(++listening_), asio::detached);
  }

  void close_acceptor() {
    ++listening_;
    error_code ignored;
    acceptor_.close(ignored);
  }

  void apply_fault(Connection& connection) const {
    connection.to_server.conduct = connection.to_client.conduct = {};
    if (fault_) fault_(connection);
    connection.to_server.wake();
    connection.to_client.wake();
  }

  Task<> accept_all(std::uint64_t mine) {
    while (listening_ == mine) {
      Socket socket(loop_);
      error_code error;
      co_await acceptor_.async_accept(socket, asio::redirect_error(use_task, error));
      if (listening_ != mine || error) co_return;
      ++accepted_;
      auto connection = std::make_shared<Connection>(loop_, std::move(socket));
      connections_.push_back(connection);
      asio::co_spawn(loop_, carry(connection), asio::detached);
    }
  }

  Task<> carry(ConnectionPtr connection) {
    error_code error;
    connection->client.set_option(tcp::no_delay(true), error);
    connection->from = who_(connection->client.remote_endpoint(error).port());
    apply_fault(*connection);
    Timer pause(loop_);
    while (!connection->closed && !server_)
      co_await wait(pause, std::chrono::steady_clock::now() + look_again);
    if (connection->closed) co_return;
    co_await connection->server.async_connect(*server_, asio::redirect_error(use_task, error));
    if (connection->closed) co_return;
    if (error) co_return connection->close();
    connection->server.set_option(tcp::no_delay(true), error);
    start(connection, connection->client, connection->to_server, connection->server);
    start(connection, connection->server, connection->to_client, connection->client);
  }

  void start(const ConnectionPtr& connection, Socket& source, Pipe& pipe, Socket& sink) {
    asio::co_spawn(loop_, read_into(connection, source, pipe), asio::detached);
    asio::co_spawn(loop_, write_from(connection, sink, pipe), asio::detached);
  }

  std::vector<ConnectionPtr> open() {
    std::vector<ConnectionPtr> found;
    std::erase_if(connections_, [&](const std::weak_ptr<Connection>& each) {
      auto connection = each.lock();
      if (!connection || connection->closed) return true;
      found.push_back(std::move(connection));
      return false;
    });
    return found;
  }

  Loop loop_{1};
  asio::executor_work_guard<LoopExecutor> work_ = asio::make_work_guard(loop_);
  Acceptor reserved_;
  Acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::uint64_t listening_ = 0;  ///< which accept loop is the present one
  std::atomic<std::size_t> accepted_ = 0;
  std::optional<tcp::endpoint> server_;
  WhoConnects who_ = [](std::uint16_t) { return std::string(); };
  std::function<void(Connection&)> fault_;
  std::vector<std::weak_ptr<Connection>> connections_;
  std::thread thread_;
};

namespace {

bool concerns(const std::optional<std::string>& from, const Connection& connection) {
  return !from || *from == connection.from;
}

}  // namespace

TcpGate::TcpGate() : impl_(std::make_unique<Impl>()) {}
TcpGate::~TcpGate() = default;

http::Endpoint TcpGate::endpoint() const { return {"127.0.0.1", impl_->port()}; }
std::size_t TcpGate::connections() const { return impl_->accepted(); }

void TcpGate::lead_to(std::optional<http::Endpoint> server) {
  impl_->on_loop([&] { impl_->lead_to(server); });
}

void TcpGate::ask_who_connects(WhoConnects who) {
  impl_->on_loop([&] { impl_->ask(std::move(who)); });
}

void TcpGate::pass() {
  impl_->on_loop([&] { impl_->set_fault({}); });
}

void TcpGate::conduct(Conduct conduct, Way way, std::optional<std::string> from) {
  impl_->on_loop([&] {
    impl_->set_fault([=](Connection& connection) {
      if (!concerns(from, connection)) return;
      if (way != Way::to_client) connection.to_server.conduct = conduct;
      if (way != Way::to_server) connection.to_client.conduct = conduct;
    });
  });
}

void TcpGate::cut(std::optional<std::string> from) {
  impl_->on_loop([&] {
    impl_->set_fault(
        [=](Connection& connection) {
          if (concerns(from, connection)) connection.close();
        },
        !from);
  });
}

void TcpGate::half_open(std::optional<std::string> from) {
  impl_->on_loop([&] {
    impl_->set_fault([=](Connection& connection) {
      if (concerns(from, connection)) connection.dead = true;
    });
  });
}

}  // namespace bazar::harness
