#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "balancer/upstream.hpp"
#include "catalog/membership/membership.hpp"
#include "frontend/gateway.hpp"
#include "http/client.hpp"
#include "http/loop_pool.hpp"
#include "http/server.hpp"

namespace bazar::frontend {

/// A front-end's private side, on a loop and a thread of its own, so that shoppers can neither delay nor shed
/// it: the listener for `POST /invalidate` and `POST /refresh`, and the membership that renews the lease and
/// learns the other servers.
class ControlPlane {
 public:
  /// Called on the control loop with the members as last read.
  using OnMembers = std::function<void(const std::vector<catalog::Member>&)>;

  /// Binds the control port on the public host. `public_url` is what members are told; the control URL has
  /// its host, unless the options name another.
  ControlPlane(GatewayShared shared, const std::string& public_url, OnMembers on_members);
  ~ControlPlane();
  ControlPlane(const ControlPlane&) = delete;
  ControlPlane& operator=(const ControlPlane&) = delete;

  void start();
  /// Takes leave of the catalog, then stops listening. Call from another thread.
  void stop();

  /// Whether a catalog ever granted a lease and told the members. Thread-safe.
  [[nodiscard]] bool has_joined() const { return joined_; }

 private:
  [[nodiscard]] catalog::Member self(const std::string& public_url) const;
  catalog::Membership::Events events(OnMembers on_members);
  void learn_catalogs(const std::vector<catalog::Member>& members);

  GatewayShared shared_;
  const LeaseClock lease_clock_;
  std::atomic<bool> joined_ = false;
  bool running_ = false;
  http::LoopPool loops_{1};
  http::Server server_;
  http::Client http_;
  balancer::Upstream catalog_;
  catalog::Membership membership_;
};

}  // namespace bazar::frontend
