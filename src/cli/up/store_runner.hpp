#pragma once

#include <boost/asio/basic_signal_set.hpp>
#include <optional>
#include <string>
#include <vector>

#include "balancer/upstream.hpp"
#include "base/clock.hpp"
#include "base/task.hpp"
#include "catalog/client.hpp"
#include "cli/up/data_folder.hpp"
#include "cli/up/store_plan.hpp"
#include "cli/up/supervisor.hpp"
#include "http/client.hpp"

namespace bazar::cli {

/// Runs the processes of a store: does what the Supervisor decides, probes them, tells the catalogs of
/// front-ends that died, and stops all in order (front-ends, orders, catalogs) at SIGINT or SIGTERM. One
/// thread, the main one.
class StoreRunner {
 public:
  StoreRunner(DataFolder& folder, const std::vector<ChildPlan>& plan, std::string public_url,
              std::string service_token);

  /// Returns the exit code when the store has stopped. Throws Failure where it cannot start; no child is left
  /// then either.
  int run();

 private:
  struct Child {
    ChildPlan plan;
    http::Endpoint endpoint;
    std::filesystem::path log;
    pid_t pid = 0;  ///< of the running process, or of the last one
    bool alive = false;
    std::uint64_t generation =
        0;  ///< raised at each start: what was learned of an earlier process does not count for this one
    bool ready = false;              ///< has once been able to serve
    std::string waits_because = {};  ///< while it is not ready
  };

  Task<void> watch_signals();
  Task<void> probe(std::size_t index);
  /// What its probe brought; nothing where no answer came.
  void probed(std::size_t index, const std::optional<http::ClientResponse>& answer);
  /// The answer to `GET target`; nothing where none came.
  Task<std::optional<http::ClientResponse>> ask(http::Endpoint server, std::string target);
  Task<void> retire(std::size_t index, std::uint64_t generation);
  Task<void> stop_all();
  Task<void> stop_tier(catalog::Role role);

  void wake();  ///< does what is due, and sets the timer for the next time
  void start_child(std::size_t index);
  void reap_children();
  void child_exited(std::size_t index, const std::string& how);
  void begin_stop(std::string failure);
  void announce_when_ready();
  /// While the store starts: says after a while what it waits for, and gives up in the end.
  void watch_start(SteadyTime now);
  /// The first child that is not ready, and why.
  [[nodiscard]] std::string what_is_late() const;
  void kill_all(int signal);
  [[nodiscard]] bool any_running(catalog::Role role) const;
  [[nodiscard]] std::vector<MemberRow> members() const;
  void spawn(Task<void> task);

  DataFolder& folder_;
  std::string public_url_;
  SystemClock clock_;
  Loop loop_{1};
  asio::basic_signal_set<LoopExecutor> signals_;
  Timer timer_;
  observe::Metrics metrics_;
  http::Client http_;
  balancer::Upstream catalogs_;
  catalog::Client catalog_;
  std::vector<Child> children_;
  Supervisor supervisor_;
  SteadyTime report_at_;  ///< what is waited for
  SteadyTime ready_by_;
  bool announced_ = false;
  bool stopping_ = false;
  std::string failure_;
};

}  // namespace bazar::cli
