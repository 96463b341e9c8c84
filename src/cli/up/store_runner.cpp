#include "cli/up/store_runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <system_error>

#include "cli/failure.hpp"
#include "cli/up/files.hpp"
#include "cli/up/process.hpp"
#include "http/operations.hpp"
#include "http/problem.hpp"

namespace bazar::cli {
namespace {

constexpr milliseconds longest_sleep{250};  // well within SupervisorOptions::own_pause
constexpr milliseconds ready_poll{10};
constexpr milliseconds probe_interval{500};
constexpr milliseconds probe_timeout{2'000};  // twice within SupervisorOptions::frozen_after
constexpr milliseconds retire_timeout{2'000};
constexpr milliseconds stop_patience{5'000};  // of one tier
constexpr milliseconds stop_poll{10};
constexpr milliseconds start_limit{60'000};
constexpr milliseconds report_interval{5'000};  // while the store starts; it takes a tenth of a second
constexpr auto no_answer_yet = "it does not answer yet";

template <class... Args>
void say(std::FILE* to, fmt::format_string<Args...> format, Args&&... args) {
  // Whoever reads may have gone away; the store goes on.
  std::fputs(fmt::format(format, std::forward<Args>(args)...).c_str(), to);
  std::fflush(to);
}

Task<void> pause(milliseconds time) {
  Timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(use_task);
}

std::vector<balancer::Replica> catalogs_of(const std::vector<ChildPlan>& plan) {
  std::vector<balancer::Replica> replicas;
  for (const auto& child : plan) {
    if (child.role == catalog::Role::catalog) replicas.push_back({.name = child.name, .url = child.url});
  }
  return replicas;
}

/// A server that has no connection left to give refuses before it knows what is asked, and bears its name
/// only.
bool is_of(const std::string& name, pid_t pid, const http::ClientResponse& answer) {
  if (const auto said = answer.header(http::pid_header)) return *said == std::to_string(pid);
  return answer.status == 503 && answer.header("X-Served-By") == name;
}

}  // namespace

StoreRunner::StoreRunner(DataFolder& folder, const std::vector<ChildPlan>& plan, std::string public_url,
                         std::string service_token)
    : folder_(folder),
      public_url_(std::move(public_url)),
      signals_(loop_.get_executor()),
      timer_(loop_.get_executor()),
      http_(loop_, {.bearer_token = std::move(service_token)}),
      catalogs_(loop_, http_, {.service = "catalog"}, metrics_, clock_),
      catalog_(catalogs_),
      supervisor_(plan.size(), {}, clock_.now()),
      report_at_(clock_.now() + report_interval),
      ready_by_(clock_.now() + start_limit) {
  catalogs_.set_replicas(catalogs_of(plan));
  for (const auto& child : plan) {
    children_.push_back(
        {.plan = child, .endpoint = *http::parse_endpoint(child.url), .log = folder_.log_file(child.name)});
  }
}

int StoreRunner::run() {
  for (const int signal : {SIGCHLD, SIGINT, SIGTERM}) signals_.add(signal);
  spawn(watch_signals());
  wake();
  for (std::size_t i = 0; i < children_.size(); ++i) spawn(probe(i));
  loop_.run();
  if (!failure_.empty()) throw Failure(failure_);
  say(stdout, "stopped\n");
  return exit_done;
}

void StoreRunner::spawn(Task<void> task) {
  asio::co_spawn(loop_, std::move(task), [this](const std::exception_ptr& error) {
    if (!error) return;
    // Nothing here fails but by a bug or an exhausted system: no child may outlive its supervisor.
    kill_all(SIGKILL);
    std::rethrow_exception(error);
  });
}

Task<void> StoreRunner::watch_signals() {
  for (;;) {
    const int signal = co_await signals_.async_wait(use_task);
    if (signal == SIGCHLD) {
      reap_children();
    } else if (!stopping_) {
      begin_stop("");
    } else {
      // Asked twice: no more patience. The children die with this process, but let none of them be seen
      // afterwards.
      kill_all(SIGKILL);
      std::_Exit(exit_failed);
    }
  }
}

void StoreRunner::wake() {
  const auto now = clock_.now();
  for (const auto& action : supervisor_.due(now)) {
    auto& child = children_[action.child];
    switch (action.verb) {
      case Supervisor::Verb::start:
        start_child(action.child);
        break;
      case Supervisor::Verb::kill:
        say(stderr, "{} (pid {}) does not answer: killed\n", child.plan.name, child.pid);
        ::kill(child.pid, SIGKILL);
        break;
      case Supervisor::Verb::give_up:
        begin_stop(fmt::format("{} cannot start: {} ({})", child.plan.name, last_line(child.log),
                               child.log.string()));
        break;
    }
  }
  if (!announced_ && !stopping_) watch_start(now);
  if (stopping_) return;
  timer_.expires_at(std::min(supervisor_.next_due().value_or(now + longest_sleep), now + longest_sleep));
  timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled) wake();
  });
}

void StoreRunner::watch_start(SteadyTime now) {
  if (now >= ready_by_) {
    begin_stop(fmt::format("after {} s {}", start_limit.count() / 1'000, what_is_late()));
  } else if (now >= report_at_) {
    report_at_ = now + report_interval;
    say(stderr, "{}\n", what_is_late());
  }
}

std::string StoreRunner::what_is_late() const {
  const auto late = std::ranges::find_if(children_, [](const Child& child) { return !child.ready; });
  return fmt::format("{} is not ready: {} (it said last: {}; {})", late->plan.name, late->waits_because,
                     last_line(late->log), late->log.string());
}

void StoreRunner::start_child(std::size_t index) {
  auto& child = children_[index];
  ++child.generation;
  child.waits_because = no_answer_yet;
  supervisor_.started(index, clock_.now());
  try {
    child.pid = spawn_self(child.plan.arguments, child.log);
    child.alive = true;
  } catch (const std::system_error& error) {
    say(stderr, "{} cannot be started: {}\n", child.plan.name, error.what());
    supervisor_.exited(index, clock_.now());
    return;
  }
  if (!announced_) return;
  say(stderr, "{} started again (pid {})\n", child.plan.name, child.pid);
  folder_.write_members(members());
}

void StoreRunner::reap_children() {
  while (const auto exit = reap()) {
    const auto child =
        std::ranges::find_if(children_, [&](const Child& c) { return c.alive && c.pid == exit->pid; });
    if (child != children_.end())
      child_exited(static_cast<std::size_t>(child - children_.begin()), exit->how);
  }
  if (!stopping_) wake();
}

void StoreRunner::child_exited(std::size_t index, const std::string& how) {
  auto& child = children_[index];
  child.alive = false;
  supervisor_.exited(index, clock_.now());
  if (stopping_) return;
  if (announced_) say(stderr, "{} (pid {}) ended: {}\n", child.plan.name, child.pid, how);
  if (child.plan.role == catalog::Role::frontend && child.ready) spawn(retire(index, child.generation));
}

// A death that was seen is proof: writes need not wait for the dead front-end's lease to run out. What the
// catalog names before the next process is started is the dead one's incarnation; what it names later may be
// the new one's, whose lease must stand.
Task<void> StoreRunner::retire(std::size_t index, std::uint64_t generation) {
  const auto& child = children_[index];
  const auto deadline = clock_.now() + retire_timeout;
  try {
    const auto members = co_await catalog_.members(deadline);
    if (children_[index].generation != generation) co_return;
    const auto dead = std::ranges::find_if(members, [&](const catalog::Member& member) {
      return member.role == child.plan.role && member.name == child.plan.name && member.url == child.plan.url;
    });
    if (dead != members.end()) co_await catalog_.retire(*dead, deadline);
  } catch (const Outage& outage) {
    // Writers then wait out the lease, as they do for a front-end of another machine.
    say(stderr, "no catalog could be told that {} is gone: {}\n", child.plan.name, outage.what());
  }
}

Task<std::optional<http::ClientResponse>> StoreRunner::ask(http::Endpoint server, std::string target) {
  try {
    http::ClientRequest request{.target = std::move(target)};
    co_return co_await http_.send(server, std::move(request), clock_.now() + probe_timeout);
  } catch (const Outage&) {
    co_return std::nullopt;
  }
}

Task<void> StoreRunner::probe(std::size_t index) {
  auto& child = children_[index];
  while (!stopping_) {
    if (child.alive) {
      const auto generation = child.generation;
      const auto answer = co_await ask(child.endpoint, child.ready ? "/healthz" : "/readyz");
      if (child.alive && child.generation == generation) probed(index, answer);
      announce_when_ready();
    }
    co_await pause(child.ready ? probe_interval : ready_poll);
  }
}

void StoreRunner::probed(std::size_t index, const std::optional<http::ClientResponse>& answer) {
  auto& child = children_[index];
  if (!answer) {
    child.waits_because = no_answer_yet;
  } else if (!is_of(child.plan.name, child.pid, *answer)) {
    // Whoever has the port, perhaps a process of equal name of another store: it says nothing of this child.
    child.waits_because =
        fmt::format("something answers at {}, but not as pid {}", child.plan.url, child.pid);
  } else {
    supervisor_.answered(index, clock_.now());
    if (answer->status == 200) child.ready = true;
    if (!child.ready) child.waits_because = http::read_problem(answer->status, answer->body).detail;
  }
}

void StoreRunner::announce_when_ready() {
  if (announced_ || stopping_ || !std::ranges::all_of(children_, &Child::ready)) return;
  announced_ = true;
  supervisor_.startup_done();
  folder_.write_members(members());
  say(stdout, "{}\nData and logs: {}\nready {}\n", members_table(members()), folder_.path().string(),
      public_url_);
}

void StoreRunner::begin_stop(std::string failure) {
  if (stopping_) return;
  stopping_ = true;
  failure_ = std::move(failure);
  supervisor_.stop();
  timer_.cancel();
  spawn(stop_all());
}

Task<void> StoreRunner::stop_all() {
  for (const auto role : {catalog::Role::frontend, catalog::Role::orders, catalog::Role::catalog})
    co_await stop_tier(role);
  folder_.remove_members();
  loop_.stop();
}

Task<void> StoreRunner::stop_tier(catalog::Role role) {
  const auto signal_tier = [this, role](int signal) {
    for (const auto& child : children_) {
      if (child.plan.role == role && child.alive) ::kill(child.pid, signal);
    }
  };
  signal_tier(SIGTERM);
  const auto until = clock_.now() + stop_patience;
  while (any_running(role) && clock_.now() < until) co_await pause(stop_poll);
  if (!any_running(role)) co_return;
  for (const auto& child : children_) {
    if (child.plan.role == role && child.alive)
      say(stderr, "{} (pid {}) does not stop: killed\n", child.plan.name, child.pid);
  }
  signal_tier(SIGKILL);
  while (any_running(role)) co_await pause(stop_poll);
}

void StoreRunner::kill_all(int signal) {
  for (const auto& child : children_) {
    if (child.alive) ::kill(child.pid, signal);
  }
}

bool StoreRunner::any_running(catalog::Role role) const {
  return std::ranges::any_of(children_,
                             [role](const Child& child) { return child.plan.role == role && child.alive; });
}

std::vector<MemberRow> StoreRunner::members() const {
  std::vector<MemberRow> rows;
  for (const auto role : {catalog::Role::frontend, catalog::Role::catalog, catalog::Role::orders}) {
    for (const auto& child : children_) {
      if (child.plan.role != role) continue;
      rows.push_back({.role = std::string(to_string(role)),
                      .name = child.plan.name,
                      .url = child.plan.url,
                      .pid = child.pid,
                      .state = std::nullopt});
    }
  }
  return rows;
}

}  // namespace bazar::cli
