#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "catalog/client.hpp"

namespace bazar::catalog {

/// Keeps a server registered with the catalog and tells who else is there. Runs on one loop: registers (again
/// under the same incarnation until there is an answer), renews each `interval`, registers anew with a fresh
/// incarnation when refused, and after each round reads the members. Survives any outage of the catalog by
/// trying again.
class Membership {
 public:
  struct Events {
    /// About to register under a new incarnation: whatever was cached before is void.
    std::function<void(const Member& self)> registering = [](const Member&) {};
    /// A registration or renewal was granted. `sent` is from before the request left.
    std::function<void(const Member& self, const Grant& grant, SteadyTime sent)> granted =
        [](const Member&, const Grant&, SteadyTime) {};
    /// The members as just read (each round).
    std::function<void(const std::vector<Member>& members)> members = [](const std::vector<Member>&) {};
  };

  Membership(Loop& loop, Client client, Member self, milliseconds interval, Events events,
             const Clock& clock);
  ~Membership();

  void start();
  /// Stops, and takes leave of the catalog within `patience`.
  Task<void> leave(milliseconds patience);
  [[nodiscard]] bool registered() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

/// The replicas of `role` among `members`, in order of name.
[[nodiscard]] std::vector<balancer::Replica> replicas_of(Role role, const std::vector<Member>& members);

}  // namespace bazar::catalog
