#include "load/generator.hpp"

#include <fmt/ranges.h>
#include <sys/resource.h>

#include <algorithm>

#include "base/random.hpp"
#include "load/closed_loop.hpp"
#include "load/open_loop.hpp"

namespace bazar::load {
namespace {

using namespace std::chrono_literals;

constexpr nanoseconds connect_patience = 10s;
// Arrivals draw from another sequence than operations, or one would tell the other.
constexpr std::uint64_t arrivals_salt = 0x9E3779B97F4A7C15;

std::vector<Address> resolve_all(const Plan& plan) {
  std::vector<Address> addresses;
  addresses.reserve(plan.targets.size());
  for (const http::Endpoint& target : plan.targets) addresses.push_back(resolve(target));
  return addresses;
}

std::unique_ptr<Dispatcher> dispatcher_of(const Plan& plan, Instant end) {
  const std::uint64_t seed = plan.seed ^ arrivals_salt;
  if (const auto* open = std::get_if<OpenLoop>(&plan.pace)) {
    return std::make_unique<OpenLoopDispatcher>(plan.connections, Arrivals(open->law, open->rate_per_s, seed),
                                                open->max_backlog, plan.timeout, end);
  }
  const auto& closed = std::get<ClosedLoop>(plan.pace);
  return std::make_unique<ClosedLoopDispatcher>(plan.connections, closed.think_time, end, seed);
}

nanoseconds thread_cpu_time() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  const auto in_ns = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return in_ns(usage.ru_utime) + in_ns(usage.ru_stime);
}

}  // namespace

Generator::Generator(const Plan& plan, Observer observer)
    : plan_(plan),
      measured_begin_(plan.warmup),
      end_(plan.warmup + plan.duration),
      workload_(plan, random_hex(8)),
      dispatcher_(dispatcher_of(plan, end_)),
      recorder_({.begin = measured_begin_, .end = end_}, plan.sample_every, std::move(observer)),
      connections_(resolve_all(plan), plan.connections, *this),
      requests_(plan.connections) {}

Result Generator::run(const std::stop_token& stop) {
  connect(stop);
  restart_clock();
  begun_ = true;
  while (true) {
    dispatch();
    if (is_finished() || stop.stop_requested()) break;
    connections_.poll(until_something_is_due());
    read_clock();
    connections_.maintain(now_);
    if (now_ >= recorder_.step_end()) finish_step();
  }
  if (stop.stop_requested()) recorder_.stop(now_);
  const double cpu = usage_begin_ && usage_end_ && usage_end_->at > usage_begin_->at
                         ? std::chrono::duration<double>(usage_end_->cpu - usage_begin_->cpu) /
                               std::chrono::duration<double>(usage_end_->at - usage_begin_->at)
                         : 0;
  return recorder_.take(cpu);
}

void Generator::connect(const std::stop_token& stop) {
  restart_clock();
  while (!connections_.all_tried() && now_ < connect_patience && !stop.stop_requested()) {
    connections_.maintain(now_);
    connections_.poll(std::min<nanoseconds>(connections_.wakes_at() - now_, 100ms));
    read_clock();
  }
  if (connections_.connected() > 0 || stop.stop_requested()) return;
  std::vector<std::string> urls;
  urls.reserve(plan_.targets.size());
  for (const http::Endpoint& target : plan_.targets) urls.push_back(http::to_url(target));
  throw Unavailable(fmt::format("cannot reach {}", fmt::join(urls, ", ")));
}

void Generator::restart_clock() {
  zero_ = std::chrono::steady_clock::now();
  now_ = Instant(0);
}

void Generator::read_clock() { now_ = std::chrono::steady_clock::now() - zero_; }

void Generator::dispatch() {
  while (const auto turn = dispatcher_->next(now_)) {
    switch (turn->fate) {
      case Turn::Fate::send:
        start(*turn);
        break;
      case Turn::Fate::expired:
        recorder_.failed(workload_.draw(), turn->due, Failure::timed_out);
        break;
      case Turn::Fate::dropped:
        recorder_.dropped(turn->due);
        break;
    }
  }
}

void Generator::start(const Turn& turn) {
  Request& request = requests_[turn.connection];
  request = {.operation = workload_.draw(), .in_flight = true, .due = turn.due};
  ++in_flight_;
  if (!turn.waited) recorder_.sent(turn.due, now_);
  workload_.write(bytes_, request.operation, connections_.target_of(turn.connection));
  connections_.send(turn.connection, bytes_);
}

void Generator::on_free(Index connection) {
  dispatcher_->free(connection, now_);
  if (begun_) dispatch();
}

void Generator::on_gone(Index connection) { dispatcher_->gone(connection); }

void Generator::on_answer(Index connection, const Answer& answer) {
  read_clock();
  Request& request = requests_[connection];
  request.in_flight = false;
  --in_flight_;
  recorder_.answered(request.operation, request.due, now_, answer);
}

void Generator::on_lost(Index connection) {
  Request& request = requests_[connection];
  request.in_flight = false;
  --in_flight_;
  recorder_.failed(request.operation, request.due, Failure::lost);
}

void Generator::on_connected() { recorder_.connected(); }

void Generator::on_connect_failed() { recorder_.connect_failed(); }

void Generator::finish_step() {
  time_out();
  recorder_.end_steps(now_, dispatcher_->backlog(), connections_.connected());
  if (now_ < measured_begin_ || usage_end_) return;
  const Usage usage{.cpu = thread_cpu_time(), .at = now_};
  if (!usage_begin_) usage_begin_ = usage;
  if (now_ >= end_) usage_end_ = usage;
}

/// Once a step, not each at its own instant: no timer for what hardly ever happens.
void Generator::time_out() {
  for (Index i = 0; i < requests_.size(); ++i) {
    Request& request = requests_[i];
    if (!request.in_flight || request.due + plan_.timeout > now_) continue;
    request.in_flight = false;
    --in_flight_;
    recorder_.failed(request.operation, request.due, Failure::timed_out);
    connections_.abandon(i);
  }
}

nanoseconds Generator::until_something_is_due() const {
  Instant wake = std::min(recorder_.step_end(), connections_.wakes_at());
  if (const auto due = dispatcher_->wakes_at()) wake = std::min(wake, *due);
  return wake - now_;
}

bool Generator::is_finished() const { return now_ >= end_ && in_flight_ == 0 && dispatcher_->backlog() == 0; }

}  // namespace bazar::load
