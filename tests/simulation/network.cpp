#include "network.hpp"

#include "process.hpp"
#include "world.hpp"

namespace bazar::simulation {

bool Network::tracing() const { return world_.trace.on(); }

int Network::transmit(const Process& from, const Process& to, Repeatable repeatable) {
  const auto& parameters = world_.parameters;
  if (!world_.stormy) return 1;
  const auto cut = cut_until_.find({from.node(), to.node()});
  const bool is_cut = cut != cut_until_.end() && world_.now() < cut->second;
  if (is_cut || world_.random.chance(parameters.loss)) {
    ++world_.statistics.messages_lost;
    return 0;
  }
  if (repeatable == Repeatable::no || !world_.random.chance(parameters.duplication)) return 1;
  ++world_.statistics.messages_doubled;
  return 2;
}

void Network::note(const Process& from, const Process& to, const std::string& what, int copies) {
  const char* fate = copies == 0 ? "   (lost)" : copies == 2 ? "   (twice)" : "";
  world_.note([&] { return fmt::format("{} -> {}: {}{}", from.name(), to.name(), what, fate); });
}

void Network::deliver(Process& to, const Action& arrive) {
  ++under_way_;
  world_.queue.after(draw_delay(), [this, &to, arrive] {
    --under_way_;
    to.receive(arrive);
  });
}

microseconds Network::draw_delay() {
  const auto& parameters = world_.parameters;
  if (world_.stormy && world_.random.chance(parameters.slow)) {
    return world_.random.time(microseconds(0), parameters.slow_delay);
  }
  const microseconds longest = parameters.delay * 5;
  const microseconds delay = microseconds(20) + std::min(world_.random.around(parameters.delay), longest);
  // A healthy network is fast enough for what waits for answers.
  return world_.stormy ? delay : std::min<microseconds>(delay, parameters.ask_patience / 4);
}

void Network::cut(int from, int to, microseconds time) {
  cut_until_[{from, to}] = world_.now() + time;
  world_.note([&] { return fmt::format("link {} -> {} is cut for {} us", from, to, time.count()); });
}

void Network::heal() { cut_until_.clear(); }

}  // namespace bazar::simulation
