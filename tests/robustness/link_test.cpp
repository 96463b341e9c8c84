// What networks do to each link of the store.

#include <ostream>

#include "tests/robustness/fault_test.hpp"

namespace bazar::robustness {
namespace {

using harness::TcpGate;

/// One end of a link that the gate in front of the other end knows.
struct Link {
  std::string from;  ///< a role, or `shopper`
  std::string to;
  friend std::ostream& operator<<(std::ostream& out, const Link& link) {
    return out << link.from << "_to_" << link.to;
  }
};

class LinkFault : public FaultTest, public testing::WithParamInterface<Link> {
 protected:
  using Fault = std::function<void(TcpGate&, std::optional<std::string>)>;

  /// One server of the one kind, as seen by one of the other.
  void inflict(const std::string& what, const Fault& fault, milliseconds time) {
    const Link link = GetParam();
    if (link.from == "shopper") {
      const std::string server = any_of(store().names("frontend"));
      fault(store().shop_gate(server), std::nullopt);
      end_after(time, what + " between shoppers and " + server);
      return;
    }
    const std::string client = any_of(store().names(link.from));
    // A client that cannot reach any replica is worse off than one that cannot reach one of them.
    const bool all = random_up_to(1) == 1;
    const auto servers = all ? store().names(link.to) : std::vector{any_of(store().names(link.to))};
    for (const auto& server : servers) fault(store().gate(server), client);
    end_after(time, what + " from " + client + " to " + (all ? "every " + link.to : servers.front()));
  }

 private:
  void end_after(milliseconds time, const std::string& what) {
    pause(time);
    store().heal();
    expect_recovery(what);
  }
};

TEST_P(LinkFault, is_recovered_from_and_nothing_stale_is_seen) {
  start_store();
  start_load();
  for (int round = 0; round < (full_run() ? 10 : 1); ++round) {
    const auto slow = [&](milliseconds delay) {
      return
          [=](TcpGate& gate, const auto& from) { gate.conduct({.delay = delay}, TcpGate::Way::both, from); };
    };
    inflict("50 ms each way", slow(milliseconds{50}), milliseconds{1'000});
    const milliseconds delay{100 + random_up_to(900)};
    inflict(std::to_string(delay.count()) + " ms each way", slow(delay), milliseconds{1'500});
    inflict("a cut", [](TcpGate& gate, const auto& from) { gate.cut(from); }, milliseconds{1'000});
    inflict(
        "silence",
        [](TcpGate& gate, const auto& from) { gate.conduct({.hold = true}, TcpGate::Way::both, from); },
        milliseconds{1'000 + random_up_to(2'000)});
    inflict(
        "silence of answers",
        [](TcpGate& gate, const auto& from) { gate.conduct({.hold = true}, TcpGate::Way::to_client, from); },
        milliseconds{1'000});
    inflict(
        "half-open connections", [](TcpGate& gate, const auto& from) { gate.half_open(from); },
        milliseconds{1'000});
    inflict(
        "2 kB a second",
        [](TcpGate& gate, const auto& from) {
          gate.conduct({.bytes_per_second = 2'000}, TcpGate::Way::both, from);
        },
        milliseconds{1'500});
  }
}

INSTANTIATE_TEST_SUITE_P(Each, LinkFault,
                         testing::Values(Link{"shopper", "frontend"}, Link{"frontend", "catalog"},
                                         Link{"frontend", "orders"}, Link{"orders", "catalog"},
                                         Link{"catalog", "frontend"}),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace bazar::robustness
