#include "balancer/upstream.hpp"

#include <fmt/format.h>
#include <prometheus/counter.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <map>
#include <random>
#include <set>

#include "http/problem.hpp"
#include "observe/log.hpp"

namespace bazar::balancer {
namespace {

constexpr milliseconds first_wait{20};
constexpr milliseconds longest_wait{200};

enum class Outcome : std::uint8_t { answered, unhealthy, connect_failed, connection_lost, timed_out };
constexpr std::array<std::string_view, 5> outcome_names = {"answered", "unhealthy", "connect_failed",
                                                           "connection_lost", "timed_out"};

// What came of one attempt: a response, or why there is none.
struct Attempt {
  Outcome outcome = Outcome::answered;
  http::ClientResponse response = {};
  std::exception_ptr error = nullptr;
};

/// Whether the replica is known to have done nothing.
bool did_nothing(const Attempt& attempt) {
  return attempt.outcome == Outcome::connect_failed ||
         (attempt.outcome == Outcome::unhealthy && !attempt.response.resent &&
          http::is_overloaded(http::read_problem(attempt.response.status, attempt.response.body)));
}

bool says_unhealthy(unsigned status) { return status == 502 || status == 503 || status == 504; }

Task<Attempt> attempt(http::Client& client, http::Endpoint endpoint, http::ClientRequest request,
                      SteadyTime deadline) {
  try {
    http::ClientResponse response = co_await client.send(endpoint, std::move(request), deadline);
    const Outcome outcome = says_unhealthy(response.status) ? Outcome::unhealthy : Outcome::answered;
    co_return Attempt{outcome, std::move(response)};
  } catch (const http::ConnectFailed&) {
    co_return Attempt{Outcome::connect_failed, {}, std::current_exception()};
  } catch (const http::ConnectionLost&) {
    co_return Attempt{Outcome::connection_lost, {}, std::current_exception()};
  } catch (const DeadlineExceeded&) {
    co_return Attempt{Outcome::timed_out, {}, std::current_exception()};
  }
}

}  // namespace

class Upstream::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(Loop& loop, http::Client& client, UpstreamOptions options, observe::Metrics& metrics,
       const Clock& clock)
      : loop_(loop),
        client_(client),
        options_(std::move(options)),
        metrics_(metrics),
        clock_(clock),
        balancer_(options_.balancer),
        probe_timer_(loop),
        retries_(metrics.counter("bazar_upstream_retries_total",
                                 "Requests sent once more, mostly to another replica.",
                                 {{"service", options_.service}})) {}

  void set_replicas(std::vector<Replica> replicas);
  [[nodiscard]] std::vector<Replica> replicas() const { return balancer_.replicas(); }
  [[nodiscard]] std::size_t replica_count() const { return balancer_.size(); }
  [[nodiscard]] LoopExecutor executor() { return loop_.get_executor(); }

  static Task<Answer> send(std::shared_ptr<Impl> self, http::ClientRequest request, SteadyTime deadline);
  void start_probes();
  void stop();
  void close() {
    closed_ = true;
    stop();
  }

 private:
  // A replica's address and instruments, kept by name as long as the process runs.
  struct Peer {
    http::Endpoint endpoint;
    std::array<prometheus::Counter*, outcome_names.size()> requests{};
    prometheus::Counter* ejections = nullptr;
  };

  // Of one request that is being sent.
  struct Progress {
    std::vector<std::string> tried;  ///< in this round
    unsigned sent = 0;
    unsigned attempts = 0;  ///< of those sent, the ones that connected
    unsigned rounds = 1;
    bool did_nothing = true;            ///< as far as is known, in all attempts
    std::optional<Answer> last_answer;  ///< unhealthy, but better than none
  };

  // A request under way, also where its coroutine ends by an exception or with its loop.
  class Underway {
   public:
    Underway(Balancer& balancer, std::string replica) : balancer_(balancer), replica_(std::move(replica)) {
      balancer_.began(replica_);
    }
    ~Underway() { balancer_.ended(replica_); }
    Underway(const Underway&) = delete;
    Underway& operator=(const Underway&) = delete;

   private:
    Balancer& balancer_;
    const std::string replica_;
  };

  void count(const std::string& replica, Outcome outcome, bool had_its_time);
  [[nodiscard]] bool may_retry(const http::ClientRequest& request, const Progress& progress, Outcome outcome);
  [[nodiscard]] milliseconds wait_before_round(unsigned round);
  [[nodiscard]] Unavailable nobody_answers() const {
    return Unavailable(fmt::format("no replica of {} answers", options_.service));
  }
  static Task<> probe_until_stopped(std::shared_ptr<Impl> self);
  static Task<> probe(std::shared_ptr<Impl> self, std::string name, http::Endpoint endpoint);
  void spawn(Task<> task);

  Loop& loop_;
  http::Client& client_;
  UpstreamOptions options_;
  observe::Metrics& metrics_;
  const Clock& clock_;
  Balancer balancer_;
  RetryBudget budget_;
  std::map<std::string, Peer, std::less<>> peers_;
  std::vector<Replica> given_;
  std::set<std::string> probing_;
  std::minstd_rand random_{std::random_device{}()};
  Timer probe_timer_;
  prometheus::Counter& retries_;
  bool stopped_ = false;
  bool closed_ = false;  ///< the owner is gone, and perhaps what it lent
};

void Upstream::Impl::set_replicas(std::vector<Replica> replicas) {
  if (replicas == given_) return;
  given_ = replicas;
  std::erase_if(replicas, [&](const Replica& replica) {
    const auto endpoint = http::parse_endpoint(replica.url);
    if (!endpoint) {
      observe::log_warning("replica without a usable URL left out",
                           {{"upstream", options_.service}, {"replica", replica.name}, {"url", replica.url}});
      return true;
    }
    Peer& peer = peers_[replica.name];
    peer.endpoint = *endpoint;
    if (peer.ejections != nullptr) return false;
    for (std::size_t i = 0; i < outcome_names.size(); ++i) {
      peer.requests[i] =
          &metrics_.counter("bazar_upstream_requests_total", "Requests sent, by what came of them.",
                            {{"service", options_.service},
                             {"replica", replica.name},
                             {"outcome", std::string(outcome_names[i])}});
    }
    peer.ejections =
        &metrics_.counter("bazar_upstream_ejections_total", "Times a replica was taken out of turn.",
                          {{"service", options_.service}, {"replica", replica.name}});
    return false;
  });
  balancer_.set_replicas(std::move(replicas));
}

Task<Upstream::Answer> Upstream::Impl::send(std::shared_ptr<Impl> self, http::ClientRequest request,
                                            SteadyTime deadline) {
  self->budget_.deposit();
  Progress progress;
  while (true) {
    const auto replica = self->balancer_.pick(self->clock_.now(), progress.tried);
    if (!replica) {
      const milliseconds wait = self->wait_before_round(progress.rounds);
      const bool time_left = self->clock_.now() + wait < deadline;
      if (!time_left || ++progress.rounds > self->options_.max_rounds) {
        if (progress.last_answer) co_return *std::move(progress.last_answer);
        throw self->nobody_answers();
      }
      Timer timer(self->loop_, wait);
      co_await timer.async_wait(use_task);
      if (self->closed_) throw self->nobody_answers();
      progress.tried.clear();
      continue;
    }

    if (progress.sent++ > 0) self->retries_.Increment();
    const SteadyTime began = self->clock_.now();
    const SteadyTime until =
        request.idempotent ? std::min(deadline, began + self->options_.attempt_timeout) : deadline;
    Attempt done;
    {
      const Underway underway(self->balancer_, replica->name);
      done = co_await attempt(self->client_, self->peers_.at(replica->name).endpoint, request, until);
    }
    if (self->closed_) {
      if (done.error) std::rethrow_exception(done.error);
      co_return Answer{std::move(done.response), replica->name};
    }
    // A caller in a hurry says nothing about the replica.
    const bool had_its_time = until - began >= self->options_.attempt_timeout / 2;
    self->count(replica->name, done.outcome, had_its_time);
    if (done.outcome == Outcome::answered) co_return Answer{std::move(done.response), replica->name};

    progress.tried.push_back(replica->name);
    progress.did_nothing = progress.did_nothing && did_nothing(done);
    if (done.outcome == Outcome::unhealthy)
      progress.last_answer = Answer{std::move(done.response), replica->name};
    if (progress.last_answer) progress.last_answer->overloaded = progress.did_nothing;
    if (done.outcome != Outcome::connect_failed) ++progress.attempts;
    if (self->clock_.now() >= deadline) {
      throw DeadlineExceeded(fmt::format("{} did not answer in time", self->options_.service));
    }
    if (self->may_retry(request, progress, done.outcome)) continue;
    if (progress.last_answer) co_return *std::move(progress.last_answer);
    if (!request.idempotent) std::rethrow_exception(done.error);
    throw self->nobody_answers();
  }
}

void Upstream::Impl::count(const std::string& replica, Outcome outcome, bool had_its_time) {
  Peer& peer = peers_.at(replica);
  peer.requests[static_cast<std::size_t>(outcome)]->Increment();
  if (outcome == Outcome::answered) {
    balancer_.succeeded(replica);
    return;
  }
  if (outcome == Outcome::timed_out && !had_its_time) return;
  if (!balancer_.failed(replica, clock_.now())) return;
  peer.ejections->Increment();
  observe::log_warning("replica ejected", {{"upstream", options_.service},
                                           {"replica", replica},
                                           {"last", outcome_names[static_cast<std::size_t>(outcome)]}});
}

bool Upstream::Impl::may_retry(const http::ClientRequest& request, const Progress& progress,
                               Outcome outcome) {
  if (outcome == Outcome::connect_failed) return true;
  return request.idempotent && progress.attempts < options_.max_attempts && budget_.withdraw();
}

// Half of it is random, so that requests which failed together do not come back together.
milliseconds Upstream::Impl::wait_before_round(unsigned round) {
  milliseconds wait = first_wait;
  for (unsigned i = 1; i < round && wait < longest_wait; ++i) wait *= 2;
  wait = std::min(wait, longest_wait);
  return wait / 2 + milliseconds(std::uniform_int_distribution<std::int64_t>(0, wait.count() / 2)(random_));
}

void Upstream::Impl::start_probes() { spawn(probe_until_stopped(shared_from_this())); }

void Upstream::Impl::stop() {
  stopped_ = true;
  probe_timer_.cancel();
}

Task<> Upstream::Impl::probe_until_stopped(std::shared_ptr<Impl> self) {
  while (!self->stopped_) {
    self->probe_timer_.expires_after(self->options_.probe_interval);
    co_await self->probe_timer_.async_wait(asio::as_tuple(use_task));
    if (self->stopped_) break;
    for (const Replica& replica : self->balancer_.due_for_probe(self->clock_.now())) {
      if (!self->probing_.insert(replica.name).second) continue;
      self->spawn(probe(self, replica.name, self->peers_.at(replica.name).endpoint));
    }
  }
}

Task<> Upstream::Impl::probe(std::shared_ptr<Impl> self, std::string name, http::Endpoint endpoint) {
  const SteadyTime deadline = self->clock_.now() + self->options_.probe_timeout;
  const Attempt done =
      co_await attempt(self->client_, endpoint, {.target = self->options_.probe_target}, deadline);
  if (self->closed_) co_return;
  self->probing_.erase(name);
  // While it was asked, another may have taken its name.
  if (self->peers_.at(name).endpoint != endpoint) co_return;
  if (done.outcome == Outcome::answered && done.response.status == 200) {
    self->balancer_.probe_succeeded(name);
    observe::log_info("replica back in turn", {{"upstream", self->options_.service}, {"replica", name}});
  } else {
    self->balancer_.probe_failed(name, self->clock_.now());
  }
}

void Upstream::Impl::spawn(Task<> task) {
  asio::co_spawn(
      loop_.get_executor(), std::move(task), [self = shared_from_this()](const std::exception_ptr& error) {
        if (!error) return;
        try {
          std::rethrow_exception(error);
        } catch (const std::exception& e) {
          observe::log_error("probe failed", {{"upstream", self->options_.service}, {"error", e.what()}});
        }
      });
}

Upstream::Upstream(Loop& loop, http::Client& client, UpstreamOptions options, observe::Metrics& metrics,
                   const Clock& clock)
    : impl_(std::make_shared<Impl>(loop, client, std::move(options), metrics, clock)) {}

Upstream::~Upstream() { impl_->close(); }

void Upstream::set_replicas(std::vector<Replica> replicas) { impl_->set_replicas(std::move(replicas)); }

std::vector<Replica> Upstream::replicas() const { return impl_->replicas(); }

std::size_t Upstream::replica_count() const { return impl_->replica_count(); }

LoopExecutor Upstream::executor() const { return impl_->executor(); }

Task<Upstream::Answer> Upstream::send(http::ClientRequest request, SteadyTime deadline) {
  return Impl::send(impl_, std::move(request), deadline);
}

void Upstream::start_probes() { impl_->start_probes(); }

void Upstream::stop() { impl_->stop(); }

void throw_outage(const Upstream::Answer& answer) {
  if (answer.overloaded) throw Overloaded(fmt::format("too much is waiting at {}", answer.replica));
  throw Unavailable(
      fmt::format("{} answered with an unexpected status {}", answer.replica, answer.response.status));
}

}  // namespace bazar::balancer
