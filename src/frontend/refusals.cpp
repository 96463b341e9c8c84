#include "frontend/refusals.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace bazar::frontend {
namespace {

/// Turns that end so close to each other share a timer: arming one costs as much as half a refusal.
constexpr milliseconds tick{5};

}  // namespace

Pace::Pace(unsigned per_second, milliseconds burst)
    : gap_(std::chrono::duration_cast<SteadyTime::duration>(std::chrono::seconds(1)) / per_second),
      burst_(burst) {
  BAZAR_ASSERT(gap_ > SteadyTime::duration::zero(), "there is time between two events");
}

SteadyTime Pace::next(SteadyTime now) {
  due_ = std::max(due_, now);
  const SteadyTime turn = std::max(now, due_ - burst_);
  due_ += gap_;
  return turn;
}

Refusals::Refusals(Loop& loop, const Clock& clock) : clock_(clock), timer_(loop) {}

http::Reply Refusals::send(http::Response refusal) {
  if (stopped_ || waiting_.size() >= max_waiting) return refusal;
  const SteadyTime now = clock_.now();
  const SteadyTime turn = pace_.next(now);
  if (turn <= now) return refusal;
  return send_in_turn(shared_from_this(), turn, std::move(refusal));
}

void Refusals::stop() {
  stopped_ = true;
  timer_.cancel();
  release(SteadyTime::max());
}

Task<http::Response> Refusals::send_in_turn(std::shared_ptr<Refusals> self, SteadyTime turn,
                                            http::Response refusal) {
  co_await suspend_until_complete<std::monostate>(
      [self, turn](Turn done) { self->wait(turn, std::move(done)); });
  co_return refusal;
}

void Refusals::wait(SteadyTime turn, Turn done) {
  if (stopped_) return done.set_value({});
  waiting_.push_back({turn, std::move(done)});
  arm();
}

void Refusals::arm() {
  if (std::exchange(armed_, true)) return;
  timer_.expires_at(std::max(waiting_.front().turn, clock_.now() + tick));
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& cancelled) {
    const auto self = weak.lock();
    if (cancelled || !self) return;
    self->armed_ = false;
    self->release(self->clock_.now());
    if (!self->waiting_.empty()) self->arm();
  });
}

void Refusals::release(SteadyTime until) {
  for (; !waiting_.empty() && waiting_.front().turn <= until; waiting_.pop_front()) {
    waiting_.front().done.set_value({});
  }
}

}  // namespace bazar::frontend
