#include "experiment/crash_trial.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <thread>

#include "audit/store_calls.hpp"
#include "base/random.hpp"
#include "experiment/caller.hpp"

namespace bazar::experiment {
namespace {

using namespace asio::experimental::awaitable_operators;

constexpr milliseconds look_again{5};
constexpr milliseconds request_patience{1'000};
constexpr std::chrono::seconds recovery_patience{15};
constexpr std::size_t connections = 32;
constexpr unsigned audit_clients = 4;
/// By whom the load generator buys.
constexpr auto load_customer = "bench";

SteadyTime now() { return std::chrono::steady_clock::now(); }

double ms_between(SteadyTime begin, SteadyTime end) {
  return std::chrono::duration<double, std::milli>(end - begin).count();
}

StoreMember member_named(const Store& store, const std::string& name) {
  for (StoreMember& member : store.members()) {
    if (member.name == name) return member;
  }
  throw std::runtime_error("the store has no " + name);
}

/// Looks at a killed process from outside until it is back.
class Watch {
 public:
  Watch(Laboratory& laboratory, const Store& store, StoreMember victim)
      : loop_(laboratory.loop()), store_(store), victim_(std::move(victim)), client_(loop_, {}) {}

  Task<> run(Recovery& recovery) {
    killed_at_ = now();
    Timer timer(loop_.get_executor());
    while (!is_back(recovery) && now() < killed_at_ + recovery_patience) {
      look_at_supervisor(recovery);
      if (recovery.restarted) co_await ask(recovery);
      timer.expires_after(look_again);
      co_await timer.async_wait(use_task);
    }
  }

 private:
  [[nodiscard]] bool is_frontend() const { return victim_.role == "frontend"; }
  [[nodiscard]] bool is_back(const Recovery& recovery) const {
    return recovery.ready && (!is_frontend() || recovery.cached);
  }
  [[nodiscard]] double since_kill() const { return ms_between(killed_at_, now()); }

  void look_at_supervisor(Recovery& recovery) {
    const auto ended = fmt::format("{} (pid {}) ended", victim_.name, victim_.pid);
    if (!recovery.noticed && store_.printed().find(ended) != std::string::npos)
      recovery.noticed = since_kill();
    if (!recovery.restarted && member_named(store_, victim_.name).pid != victim_.pid)
      recovery.restarted = since_kill();
  }

  Task<> ask(Recovery& recovery) {
    try {
      http::ClientRequest request = recovery.ready ? info(1) : http::ClientRequest{.target = "/readyz"};
      const auto response =
          co_await client_.send(victim_.endpoint, std::move(request), now() + request_patience);
      if (!recovery.answered) recovery.answered = since_kill();
      if (response.status != 200) co_return;
      if (!recovery.ready) {
        recovery.ready = since_kill();
      } else if (response.header("Cache-Status") == "bazar; hit") {
        recovery.cached = since_kill();
      }
    } catch (const Outage&) {
      co_return;  // not back yet
    }
  }

  Loop& loop_;
  const Store& store_;
  StoreMember victim_;
  http::Client client_;
  SteadyTime killed_at_;
};

load::Plan load_plan(const Store& store, const CrashPlan& plan) {
  load::Plan load{.targets = store.endpoints("frontend"),
                  .mix = load::find_mix("shop").value(),
                  .books = {},
                  .popularity = {},
                  .topics = {},
                  .pace = load::OpenLoop{.rate_per_s = plan.rate_per_s},
                  .connections = connections,
                  .warmup = milliseconds(0),
                  .duration = plan.duration,
                  .timeout = milliseconds(2'000)};
  for (std::int64_t id = 1; id <= demo_books; ++id) load.books.push_back({id});
  for (const std::string& topic : demo_topics) load.topics.push_back({.name = topic});
  return load;
}

Task<> kill_and_watch(Laboratory& laboratory, const Store& store, const CrashPlan& plan,
                      const std::atomic<SteadyTime>& load_begun, CrashTrial& trial) {
  Timer timer(laboratory.loop().get_executor());
  timer.expires_after(plan.kill_after);
  co_await timer.async_wait(use_task);
  const StoreMember victim = member_named(store, plan.victim);
  Watch watch(laboratory, store, victim);
  if (victim.pid <= 1 || ::kill(victim.pid, SIGKILL) != 0)
    throw std::runtime_error(fmt::format("cannot kill {} (pid {})", victim.name, victim.pid));
  trial.killed_at_ms = ms_between(load_begun.load(), now());
  co_await watch.run(trial.recovery);
}

audit::AuditOptions audit_options(const Store& store, const CrashPlan& plan) {
  return {.workload = {.frontends = store.endpoints("frontend"),
                       .shopkeeper_token = store.shopkeeper_token(),
                       .name = "experiment-" + random_hex(4),
                       .clients = audit_clients},
          .duration = plan.duration};
}

Task<> perform_audit(audit::Audit& audit, audit::AuditOutcome& outcome) { outcome = co_await audit.run(); }

struct BookSeen {
  std::int64_t quantity = 0;
  std::string told;  ///< price, quantity and version
};

Task<> see_books(Loop& loop, http::Endpoint frontend, std::vector<BookSeen>& seen) {
  audit::StoreCalls calls(loop, "");
  for (std::int64_t id = 1; id <= demo_books; ++id) {
    const audit::Answer answer = co_await calls.read(frontend, {id}, now() + request_patience);
    seen.push_back({.quantity = answer.seen.quantity, .told = answer.text});
  }
}

std::vector<BookSeen> books_seen(Laboratory& laboratory, const http::Endpoint& frontend) {
  std::vector<BookSeen> seen;
  laboratory.run(see_books(laboratory.loop(), frontend, seen));
  return seen;
}

std::int64_t stock_of(const std::vector<BookSeen>& books) {
  std::int64_t stock = 0;
  for (const BookSeen& book : books) stock += book.quantity;
  return stock;
}

/// Asks all servers of a role for the same things.
void compare(Laboratory& laboratory, const Store& store, const std::string& role,
             const std::vector<std::string>& targets, std::vector<std::string>& disagreements) {
  const auto servers = store.endpoints(role);
  std::vector<std::string> first;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    Caller caller(laboratory, servers[i], store.service_token());
    for (std::size_t t = 0; t < targets.size(); ++t) {
      const std::string body =
          caller.call({.target = targets[t], .headers = {{"Accept", "application/json"}}}).body;
      if (i == 0) {
        first.push_back(body);
      } else if (body != first[t]) {
        disagreements.push_back(fmt::format("{}-{} and {}-1 about {}", role, i + 1, role, targets[t]));
      }
    }
  }
}

std::vector<std::string> find_disagreements(Laboratory& laboratory, const Store& store) {
  std::vector<std::string> lookups, books;
  for (std::int64_t id = 1; id <= demo_books; ++id) {
    lookups.push_back(fmt::format("/info/{}", id));
    books.push_back(fmt::format("/books/{}", id));
  }
  std::vector<std::string> disagreements;
  compare(laboratory, store, "frontend", lookups, disagreements);
  compare(laboratory, store, "catalog", books, disagreements);
  compare(laboratory, store, "orders", {fmt::format("/orders?name={}&limit=1000", load_customer)},
          disagreements);
  return disagreements;
}

StockCheck check_stock(const load::Result& load, std::int64_t before, std::int64_t after) {
  const auto& purchases = load.of(load::Operation::purchase);
  return {.sold = before - after,
          .acknowledged = static_cast<std::int64_t>(purchases.succeeded),
          .unknown = static_cast<std::int64_t>(purchases.shed + purchases.failed())};
}

}  // namespace

CrashTrial run_crash_trial(Laboratory& laboratory, const Store& store, const CrashPlan& plan) {
  CrashTrial trial;
  const std::int64_t before = stock_of(books_seen(laboratory, store.frontend()));
  const load::Plan load = load_plan(store, plan);
  audit::Audit audit(laboratory.loop(), audit_options(store, plan));
  std::atomic<SteadyTime> load_begun{now()};
  std::jthread thread;
  // The first step of the time line ends: only now is it known when it began.
  const load::Observer observer = [&](const load::Sample& sample) {
    if (sample.at.count() == 0) load_begun = now() - load.sample_every;
  };
  laboratory.run(put_load(thread, load, observer, trial.load) && perform_audit(audit, trial.audit) &&
                 kill_and_watch(laboratory, store, plan, load_begun, trial));
  trial.stock = check_stock(trial.load, before, stock_of(books_seen(laboratory, store.frontend())));
  trial.disagreements = find_disagreements(laboratory, store);
  return trial;
}

}  // namespace bazar::experiment
