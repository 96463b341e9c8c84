#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "event_queue.hpp"
#include "messages.hpp"
#include "network.hpp"

namespace bazar::simulation {

struct World;

/// A process that may be suspended (what reaches it waits, its clock runs on), be killed, and start again
/// under the same name with nothing remembered.
class Process {
 public:
  Process(World& world, int node, std::string name);
  virtual ~Process() = default;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] int node() const { return node_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool alive() const { return alive_; }
  [[nodiscard]] bool paused() const { return paused_; }
  /// Which run of the program under this name.
  [[nodiscard]] int life() const { return life_; }
  [[nodiscard]] SteadyTime clock() const;

  void start();
  void kill();
  void pause();
  void resume();

  /// Runs it now, after the pause, or never.
  void receive(const Action& action);

 protected:
  virtual void started() {}
  virtual void killed() {}

  [[nodiscard]] World& world() const { return world_; }
  /// What this process's clock showed before the present message arrived: as it was suspended, where it has
  /// been.
  [[nodiscard]] SteadyTime clock_before_arrival() const;

  /// Once `delay` has passed on its own clock, if it then still runs.
  void after(microseconds delay, const Action& action);
  /// The same, in true time: for what no clock decides.
  void after_true(microseconds delay, const Action& action);

  /// A request and its answer. `serve` runs in `to`; `done` runs here once: with the answer, or with nothing
  /// after `timeout`. `heard`, if any, runs for each answer, also for late and repeated ones.
  template <class Reply, class What>
  void call(Process& to, What what, microseconds timeout,
            std::type_identity_t<std::function<void(Respond<Reply>)>> serve,
            std::type_identity_t<std::function<void(std::optional<Reply>)>> done,
            Repeatable repeatable = Repeatable::yes,
            std::type_identity_t<std::function<void(const Reply&)>> heard = nullptr);

 private:
  void run_waiting();
  /// `action`, unless this process has been killed meanwhile.
  [[nodiscard]] Action in_this_life(Action action);
  [[nodiscard]] Network& network() const;

  World& world_;
  int node_;
  std::string name_;
  LocalClock local_;
  bool alive_ = false;
  bool paused_ = false;
  int life_ = 0;
  std::deque<Action> inbox_;  ///< while suspended
  std::optional<SteadyTime> paused_at_;
};

template <class Reply, class What>
void Process::call(Process& to, What what, microseconds timeout,
                   std::type_identity_t<std::function<void(Respond<Reply>)>> serve,
                   std::type_identity_t<std::function<void(std::optional<Reply>)>> done,
                   Repeatable repeatable, std::type_identity_t<std::function<void(const Reply&)>> heard) {
  struct Call {
    bool open = true;
    std::function<void(Respond<Reply>)> serve;
    std::function<void(std::optional<Reply>)> done;
    std::function<void(const Reply&)> heard;
  };
  const auto call = std::make_shared<Call>(true, std::move(serve), std::move(done), std::move(heard));
  const int life = life_;
  const auto answered = [this, life, call](const Reply& reply) {
    if (life != life_) return;
    if (call->heard) call->heard(reply);
    if (std::exchange(call->open, false)) call->done(reply);
  };
  const auto arrive = [this, &to, call, answered] {
    const int server_life = to.life_;
    call->serve([this, &to, server_life, answered](Reply reply) {
      if (to.life_ != server_life) return;
      network().send(
          to, *this, [] { return "an answer"; }, [answered, reply = std::move(reply)] { answered(reply); });
    });
  };
  network().send(*this, to, what, arrive, repeatable);
  after(timeout, [call] {
    if (std::exchange(call->open, false)) call->done(std::nullopt);
  });
}

}  // namespace bazar::simulation
