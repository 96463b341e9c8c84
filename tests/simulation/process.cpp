#include "process.hpp"

#include "base/assert.hpp"
#include "world.hpp"

namespace bazar::simulation {
namespace {

LocalClock draw_clock(World& world) {
  const auto& parameters = world.parameters;
  // Each clock is wrong by at most half of what the rule allows for between two of them.
  const double share = world.rules.wait_covers_clock_rate ? parameters.rho / 2 : 0.2;
  const auto most = static_cast<std::int64_t>(share * 1e6);
  Random& random = world.random;
  const std::int64_t error = random.chance(0.5)   ? random.between(-most, most)
                             : random.chance(0.5) ? most
                                                  : -most;
  return {.offset = random.time(microseconds(0), microseconds(1'000'000'000)),
          .rate_error_ppm = error,
          .tick = parameters.tick};
}

}  // namespace

Process::Process(World& world, int node, std::string name)
    : world_(world), node_(node), name_(std::move(name)), local_(draw_clock(world)) {}

Network& Process::network() const { return world_.network; }

SteadyTime Process::clock() const { return local_.read(world_.now()); }

SteadyTime Process::clock_before_arrival() const { return paused_at_.value_or(clock()); }

void Process::start() {
  BAZAR_ASSERT(!alive_, "a process is started once");
  alive_ = true;
  world_.note([&] { return name_ + " starts"; });
  started();
}

void Process::kill() {
  if (!alive_) return;
  world_.note([&] { return name_ + " is killed"; });
  killed();
  alive_ = false;
  paused_ = false;
  paused_at_.reset();
  inbox_.clear();
  ++life_;
}

void Process::pause() {
  if (!alive_ || paused_) return;
  paused_ = true;
  paused_at_ = clock();
  world_.note([&] { return name_ + " is suspended"; });
}

void Process::resume() {
  if (!paused_) return;
  paused_ = false;
  world_.note([&] { return name_ + " runs again"; });
  run_waiting();
}

void Process::run_waiting() {
  const int life = life_;
  while (alive_ && life == life_ && !paused_ && !inbox_.empty()) {
    const Action action = std::move(inbox_.front());
    inbox_.pop_front();
    action();
  }
  if (life == life_ && !paused_) paused_at_.reset();
}

void Process::receive(const Action& action) {
  if (!alive_) return;
  if (paused_) {
    inbox_.push_back(action);
  } else {
    action();
  }
}

Action Process::in_this_life(Action action) {
  return [this, life = life_, action = std::move(action)] {
    if (life == life_) receive(action);
  };
}

void Process::after(microseconds delay, const Action& action) { after_true(local_.truly(delay), action); }

void Process::after_true(microseconds delay, const Action& action) {
  world_.queue.after(delay, in_this_life(action));
}

}  // namespace bazar::simulation
