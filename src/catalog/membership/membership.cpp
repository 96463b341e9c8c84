#include "catalog/membership/membership.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>

#include "base/random.hpp"
#include "observe/log.hpp"

namespace bazar::catalog {
namespace {

constexpr milliseconds least_patience{1'000};
constexpr milliseconds retry_pause{200};

}  // namespace

class Membership::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(Loop& loop, Client client, Member self, milliseconds interval, Events events, const Clock& clock)
      : loop_(loop),
        client_(client),
        self_(std::move(self)),
        interval_(interval),
        events_(std::move(events)),
        clock_(clock),
        pause_(loop),
        finished_(loop) {}

  void start() {
    running_ = true;
    asio::co_spawn(loop_, run(shared_from_this()),
                   [self = shared_from_this()](const std::exception_ptr& error) {
                     self->running_ = false;
                     self->finished_.cancel();
                     if (error) std::rethrow_exception(error);
                   });
  }

  /// Whoever is suspended touches neither client nor events any more once it wakes: their owner may be gone.
  void stop() {
    stopped_ = true;
    pause_.cancel();
    finished_.cancel();
  }

  [[nodiscard]] bool registered() const { return registered_; }

  static Task<void> leave(std::shared_ptr<Impl> impl, milliseconds patience) {
    const SteadyTime deadline = std::chrono::steady_clock::now() + patience;
    impl->stopped_ = true;
    impl->pause_.cancel();
    // A registration on its way could otherwise arrive after the farewell.
    co_await impl->wait_until_finished(deadline);
    if (impl->self_.incarnation.empty() || impl->left_) co_return;
    impl->left_ = true;
    impl->registered_ = false;
    try {
      co_await impl->client_.retire(impl->self_, deadline);
    } catch (const Outage& outage) {
      observe::log_warning("could not take leave of the catalog",
                           {{"member", impl->self_.name}, {"why", outage.what()}});
    }
  }

 private:
  static Task<void> run(std::shared_ptr<Impl> self) {
    while (!self->stopped_) {
      const bool done = co_await self->try_round();
      if (self->stopped_) co_return;
      self->pause_.expires_after(done ? self->interval_ : std::min(self->interval_, retry_pause));
      boost::system::error_code cancelled;
      co_await self->pause_.async_wait(asio::redirect_error(use_task, cancelled));
    }
  }

  Task<bool> try_round() {
    try {
      const bool done = co_await round();
      report("reaches the catalog", true);
      co_return done;
    } catch (const Outage& outage) {
      if (!stopped_) report(outage.what(), false);
      co_return false;
    }
  }

  /// One line in the log for each change, not for each round.
  void report(std::string_view what, bool reaches) {
    if (std::exchange(reaches_, reaches) == reaches) return;
    if (reaches) {
      observe::log_info("registered with the catalog", {{"member", self_.name}});
    } else {
      observe::log_warning("cannot reach the catalog", {{"member", self_.name}, {"why", what}});
    }
  }

  /// False: not registered yet.
  Task<bool> round() {
    if (registered_) co_await renew();
    if (!registered_ && !stopped_) co_await enroll();
    if (stopped_ || !registered_) co_return false;
    const auto members = co_await client_.members(deadline());
    if (!stopped_) events_.members(members);
    co_return true;
  }

  Task<void> renew() {
    const SteadyTime sent = clock_.now();
    const auto grant = co_await client_.renew(self_, deadline());
    if (stopped_) co_return;
    registered_ = grant.has_value();
    if (grant) events_.granted(self_, *grant, sent);
  }

  /// Without an answer the same registration is sent again: one under a fresh incarnation would leave the
  /// first to be revoked and waited out, and could never be answered in time by a writer that waits for it.
  Task<void> enroll() {
    if (!std::exchange(enrolling_, true)) {
      self_.incarnation = random_hex(16);
      events_.registering(self_);
    }
    const SteadyTime sent = clock_.now();
    const auto grant = co_await client_.enroll(self_, deadline());
    if (stopped_) co_return;
    enrolling_ = false;
    registered_ = grant.has_value();
    if (grant) events_.granted(self_, *grant, sent);
  }

  Task<void> wait_until_finished(SteadyTime deadline) {
    if (!running_) co_return;
    finished_.expires_at(deadline);
    boost::system::error_code cancelled;
    co_await finished_.async_wait(asio::redirect_error(use_task, cancelled));
  }

  /// Of sockets, hence by the operating system's clock.
  [[nodiscard]] SteadyTime deadline() const {
    return std::chrono::steady_clock::now() + std::max(interval_, least_patience);
  }

  Loop& loop_;
  Client client_;
  Member self_;
  milliseconds interval_;
  Events events_;
  const Clock& clock_;
  Timer pause_;
  Timer finished_;
  bool running_ = false;
  bool stopped_ = false;
  bool registered_ = false;
  bool enrolling_ = false;  ///< sent under the present incarnation, and not answered yet
  bool left_ = false;
  std::optional<bool> reaches_;
};

Membership::Membership(Loop& loop, Client client, Member self, milliseconds interval, Events events,
                       const Clock& clock)
    : impl_(std::make_shared<Impl>(loop, client, std::move(self), interval, std::move(events), clock)) {}

Membership::~Membership() { impl_->stop(); }

void Membership::start() { impl_->start(); }

Task<void> Membership::leave(milliseconds patience) { return Impl::leave(impl_, patience); }

bool Membership::registered() const { return impl_->registered(); }

std::vector<balancer::Replica> replicas_of(Role role, const std::vector<Member>& members) {
  std::vector<balancer::Replica> replicas;
  for (const auto& member : members) {
    if (member.role == role && member.state == MemberState::live)
      replicas.push_back({member.name, member.url});
  }
  std::ranges::sort(replicas, {}, &balancer::Replica::name);
  return replicas;
}

}  // namespace bazar::catalog
