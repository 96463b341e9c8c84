#include "http/client.hpp"

#include <fmt/format.h>

#include <boost/intrusive/list.hpp>
#include <stdexcept>

#include "http/client_connection.hpp"
#include "http/name_lookup.hpp"
#include "http/operations.hpp"
#include "http/syntax.hpp"

namespace bazar::http {

namespace {

/// The time-keeper looks at most this often, so that near deadlines share a look.
constexpr milliseconds time_grain{5};

SteadyTime read_clock() { return std::chrono::steady_clock::now(); }

/// Whoever builds a request of foreign text must have checked it: this is the last line before request
/// smuggling.
void check_line(std::string_view text) {
  // A target may be long, and such a pass without branches looks at many bytes at a time.
  bool broken = false;
  for (const char c : text) broken |= (c == '\r') | (c == '\n') | (c == '\0');
  if (broken) throw std::invalid_argument("a line break in a request's head");
}

}  // namespace

std::optional<std::string_view> ClientResponse::header(std::string_view name) const {
  const auto found = std::ranges::find_if(
      headers, [&](const Header& header) { return equal_ignoring_case(header.name, name); });
  if (found == headers.end()) return std::nullopt;
  return std::string_view(found->value);
}

class Client::Impl : public std::enable_shared_from_this<Client::Impl> {
 public:
  Impl(Loop& loop, ClientOptions options) : loop_(loop), options_(std::move(options)), timer_(loop) {}

  static Task<ClientResponse> send(std::shared_ptr<Impl> self, Endpoint endpoint, ClientRequest request,
                                   SteadyTime deadline);
  /// Requests under way go on to their answer or deadline, and keep this object until then.
  void close_idle() {
    closing_ = true;
    idle_.clear();
  }

 private:
  using Connection = std::unique_ptr<ClientConnection>;

  Task<Connection> connect(Endpoint endpoint, SteadyTime deadline);
  Connection take_idle(const Endpoint& endpoint, bool idempotent);
  void keep(const Endpoint& endpoint, Connection connection);
  [[nodiscard]] std::string write_head(const Endpoint& endpoint, const ClientRequest& request,
                                       SteadyTime deadline) const;
  void watch(ClientConnection& connection, SteadyTime deadline);
  void wake_at(SteadyTime time);
  void expire_overdue();

  Loop& loop_;
  const ClientOptions options_;
  Timer timer_;
  SteadyTime wakes_at_ = SteadyTime::max();
  /// Every connection, in use or idle: whichever deadline passes first wakes the timer.
  boost::intrusive::list<ClientConnection, boost::intrusive::constant_time_size<false>> watched_;
  std::map<Endpoint, std::vector<Connection>> idle_;
  bool closing_ = false;
};

Task<ClientResponse> Client::Impl::send(std::shared_ptr<Impl> self, Endpoint endpoint, ClientRequest request,
                                        SteadyTime deadline) {
  const bool head_request = request.method == Method::head;
  for (bool resent = false;; resent = true) {
    Connection connection = resent ? nullptr : self->take_idle(endpoint, request.idempotent);
    const bool pooled = connection != nullptr;
    if (!pooled) {
      try {
        connection = co_await self->connect(endpoint, deadline);
      } catch (const ConnectFailed& failure) {
        // What went out on the pooled connection may have been done before the server died.
        if (resent) throw ConnectionLost(failure.what());
        throw;
      }
    }
    const std::string head = self->write_head(endpoint, request, deadline);
    self->watch(*connection, deadline);
    ClientResponse response;
    const auto outcome = co_await connection->exchange(head, request.body, head_request,
                                                       self->options_.max_response_bytes, response);
    if (outcome == ClientConnection::Outcome::complete) {
      response.resent = resent;
      if (connection->is_reusable()) self->keep(endpoint, std::move(connection));
      co_return response;
    }
    if (connection->expired()) throw DeadlineExceeded("no answer in time from " + to_url(endpoint));
    if (outcome == ClientConnection::Outcome::malformed) {
      throw ConnectionLost("an answer that is not HTTP, or too long, from " + to_url(endpoint));
    }
    const bool stale = pooled && outcome == ClientConnection::Outcome::closed_unanswered;
    if (!stale || !request.idempotent) throw ConnectionLost("connection lost to " + to_url(endpoint));
  }
}

Task<Client::Impl::Connection> Client::Impl::connect(Endpoint endpoint, SteadyTime deadline) {
  const SteadyTime give_up = std::min(deadline, read_clock() + options_.connect_timeout);
  const auto addresses = co_await look_up(endpoint, give_up);
  for (const auto& address : addresses) {
    auto connection = std::make_unique<ClientConnection>(loop_);
    watch(*connection, give_up);
    if (co_await connection->connect(address)) co_return connection;
    if (connection->expired()) break;
  }
  if (read_clock() >= deadline) throw DeadlineExceeded("no connection in time to " + to_url(endpoint));
  throw ConnectFailed("cannot connect to " + to_url(endpoint));
}

Client::Impl::Connection Client::Impl::take_idle(const Endpoint& endpoint, bool idempotent) {
  const auto pool = idle_.find(endpoint);
  if (pool == idle_.end()) return nullptr;
  while (!pool->second.empty()) {
    Connection connection = std::move(pool->second.back());
    pool->second.pop_back();
    // What must not be sent twice is worth a system call to see whether the server has closed meanwhile.
    if (!connection->expired() && (idempotent || !connection->looks_stale())) return connection;
  }
  return nullptr;
}

void Client::Impl::keep(const Endpoint& endpoint, Connection connection) {
  if (closing_) return;
  auto& pool = idle_[endpoint];
  std::erase_if(pool, [](const Connection& idle) { return idle->expired(); });
  if (pool.size() >= options_.max_idle_per_endpoint) return;
  connection->deadline = read_clock() + options_.idle_timeout;
  wake_at(connection->deadline);
  pool.push_back(std::move(connection));
}

std::string Client::Impl::write_head(const Endpoint& endpoint, const ClientRequest& request,
                                     SteadyTime deadline) const {
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - read_clock());
  if (left <= milliseconds(0)) throw DeadlineExceeded("the time is up before sending to " + to_url(endpoint));
  std::string head;
  head.reserve(512 + request.target.size());
  const auto field = [&head](std::string_view name, std::string_view value) {
    append_field(head, name, value);
  };
  check_line(request.target);
  head.append(to_string(request.method)).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  field("Host", std::string_view(to_url(endpoint)).substr(7));
  field("User-Agent", user_agent());
  if (request.trace.exists()) field("traceparent", observe::to_traceparent(request.trace));
  bool has_type = false;
  bool has_authorization = false;
  bool has_deadline = false;
  for (const Header& header : request.headers) {
    check_line(header.name);
    check_line(header.value);
    has_type = has_type || equal_ignoring_case(header.name, "Content-Type");
    has_authorization = has_authorization || equal_ignoring_case(header.name, "Authorization");
    has_deadline = has_deadline || equal_ignoring_case(header.name, "Bazar-Deadline-Ms");
    field(header.name, header.value);
  }
  if (!has_deadline)
    field("Bazar-Deadline-Ms", fmt::format_int(std::min(left, milliseconds(600'000)).count()).c_str());
  if (!options_.bearer_token.empty() && !has_authorization) {
    head.append("Authorization: Bearer ").append(options_.bearer_token).append("\r\n");
  }
  const bool takes_body =
      request.method == Method::post || request.method == Method::put || request.method == Method::patch;
  if (!request.body.empty() && !has_type) field("Content-Type", "application/json");
  if (!request.body.empty() || takes_body)
    field("Content-Length", fmt::format_int(request.body.size()).c_str());
  head += "\r\n";
  return head;
}

void Client::Impl::watch(ClientConnection& connection, SteadyTime deadline) {
  if (!connection.is_linked()) watched_.push_back(connection);
  connection.deadline = deadline;
  wake_at(deadline);
}

void Client::Impl::wake_at(SteadyTime time) {
  // Deadlines mostly rise, so an armed timer mostly stays: it costs about two microseconds to move.
  if (time >= wakes_at_) return;
  wakes_at_ = time;
  timer_.expires_at(time);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    if (error) return;
    if (const auto self = weak.lock()) self->expire_overdue();
  });
}

void Client::Impl::expire_overdue() {
  const SteadyTime now = read_clock();
  SteadyTime next = SteadyTime::max();
  for (ClientConnection& connection : watched_) {
    if (connection.expired()) continue;
    if (connection.deadline <= now) {
      connection.expire();
    } else {
      next = std::min(next, connection.deadline);
    }
  }
  for (auto& [endpoint, pool] : idle_) {
    std::erase_if(pool, [](const Connection& idle) { return idle->expired(); });
  }
  wakes_at_ = SteadyTime::max();
  if (next != SteadyTime::max()) wake_at(std::max(next, now + time_grain));
}

Client::Client(Loop& loop, ClientOptions options) : impl_(std::make_shared<Impl>(loop, std::move(options))) {}
Client::~Client() { impl_->close_idle(); }

Task<ClientResponse> Client::send(const Endpoint& endpoint, ClientRequest request, SteadyTime deadline) {
  return Impl::send(impl_, endpoint, std::move(request), deadline);
}

}  // namespace bazar::http
