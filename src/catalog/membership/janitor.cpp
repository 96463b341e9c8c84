#include "catalog/membership/janitor.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>

#include "base/errors.hpp"
#include "http/client.hpp"
#include "observe/log.hpp"

namespace bazar::catalog {

bool Deathwatch::probed(const Member& member, bool healthy, SteadyTime now) {
  if (healthy) {
    failing_since_.erase(member.incarnation);
    return false;
  }
  const auto [since, first] = failing_since_.try_emplace(member.incarnation, now);
  return now - since->second >= patience_;
}

void Deathwatch::keep_only(const std::vector<Member>& members) {
  std::erase_if(failing_since_, [&](const auto& failing) {
    return std::ranges::none_of(members, [&](const Member& m) { return m.incarnation == failing.first; });
  });
}

class Janitor::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(Loop& loop, Store& store, JanitorOptions options, const Clock& clock)
      : loop_(loop),
        store_(store),
        options_(std::move(options)),
        clock_(clock),
        client_(loop, {}),
        pause_(loop),
        watch_(options_.patience) {}

  void start() {
    asio::co_spawn(loop_, run(shared_from_this()), [](const std::exception_ptr& error) {
      if (error) std::rethrow_exception(error);
    });
  }

  void stop() {
    stopped_ = true;
    pause_.cancel();
  }

 private:
  static Task<void> run(std::shared_ptr<Impl> self) {
    while (!self->stopped_) {
      co_await self->try_round();
      if (self->stopped_) co_return;
      self->pause_.expires_after(self->options_.interval);
      boost::system::error_code cancelled;
      co_await self->pause_.async_wait(asio::redirect_error(use_task, cancelled));
    }
  }

  Task<void> try_round() {
    try {
      co_await round();
      if (!stopped_) co_await prune();
    } catch (const Outage& outage) {
      observe::log_warning("cannot look after the members", {{"why", outage.what()}});
    }
  }

  Task<void> round() {
    const auto members = co_await store_.members();
    watch_.keep_only(members);
    for (const auto& member : members) {
      if (stopped_) co_return;
      if (!is_ours_to_watch(member)) continue;
      const bool healthy = co_await answers(member);
      if (stopped_ || !watch_.probed(member, healthy, clock_.now())) continue;
      observe::log_warning("retiring a member that does not answer",
                           {{"role", to_string(member.role)}, {"member", member.name}, {"url", member.url}});
      co_await store_.retire(member.role, member.name, member.incarnation);
    }
  }

  Task<void> prune() {
    const SteadyTime now = clock_.now();
    if (pruned_at_ && now - *pruned_at_ < options_.prune_interval) co_return;
    pruned_at_ = now;
    const auto forgotten = co_await store_.prune(clock_.wall() - options_.keep_keys);
    if (forgotten > 0) observe::log_info("forgot old keys and members", {{"records", forgotten}});
  }

  [[nodiscard]] bool is_ours_to_watch(const Member& member) const {
    const bool self = member.role == Role::catalog && member.name == options_.self;
    return member.state == MemberState::live && member.role != Role::frontend && !self;
  }

  Task<bool> answers(const Member& member) {
    const auto endpoint = http::parse_endpoint(member.url);
    if (!endpoint) co_return false;
    http::ClientRequest request{.target = "/healthz"};
    try {
      const auto response = co_await client_.send(*endpoint, std::move(request),
                                                  std::chrono::steady_clock::now() + options_.probe_timeout);
      co_return response.status == 200;
    } catch (const Outage&) {
      co_return false;
    }
  }

  Loop& loop_;
  Store& store_;
  JanitorOptions options_;
  const Clock& clock_;
  http::Client client_;
  Timer pause_;
  Deathwatch watch_;
  std::optional<SteadyTime> pruned_at_;
  bool stopped_ = false;
};

Janitor::Janitor(Loop& loop, Store& store, JanitorOptions options, const Clock& clock)
    : impl_(std::make_shared<Impl>(loop, store, std::move(options), clock)) {}
Janitor::~Janitor() { impl_->stop(); }
void Janitor::start() { impl_->start(); }
void Janitor::stop() { impl_->stop(); }

}  // namespace bazar::catalog
