#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/harness/network.hpp"
#include "tests/harness/role_process.hpp"
#include "tests/harness/tcp_gate.hpp"

namespace bazar::harness {

struct ClusterOptions {
  int frontends = 3;
  int catalogs = 2;
  int order_services = 2;
  milliseconds lease{2'000};
  std::map<std::string, std::string> failpoints = {};  ///< `BAZAR_FAILPOINTS` of a server, by its name
  std::vector<std::string> catalog_args = {};          ///< further ones, of every catalog
  /// Each server on its host of the same name, and no gates; else all on loopback. Outlives the cluster.
  const Network* network = nullptr;
};

/// A store of separate processes with a gate on every link: `frontend-1` …, `catalog-1` …, `orders-1` ….
/// Nobody supervises them but the test. Call from the main thread.
class Cluster {
 public:
  /// Starts all, and waits until each is ready.
  Cluster(std::filesystem::path folder, ClusterOptions options);
  ~Cluster();

  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  [[nodiscard]] std::vector<std::string> names(const std::string& role) const;
  [[nodiscard]] milliseconds lease() const { return options_.lease; }
  [[nodiscard]] const std::string& shopkeeper_token() const { return shopkeeper_token_; }
  [[nodiscard]] std::string service_token() const { return service_token_; }

  /// Where shoppers reach a front-end; the same after it is started again.
  [[nodiscard]] http::Endpoint door(const std::string& frontend) const;
  /// Where the other servers reach a catalog or an order service.
  [[nodiscard]] http::Endpoint entry(const std::string& name) const;
  /// In front of what shoppers call.
  [[nodiscard]] TcpGate& shop_gate(const std::string& frontend) { return *servers_.at(frontend).shop_gate; }
  /// In front of what other servers call: a catalog, an order service, a front-end's control listener. It
  /// knows those who connect by their names.
  [[nodiscard]] TcpGate& gate(const std::string& name) { return *servers_.at(name).gate; }
  [[nodiscard]] RoleProcess& process(const std::string& name) { return *servers_.at(name).process; }

  /// Under the same name and the same advertised addresses, on other ports. Returns before it is ready.
  void start(const std::string& name);
  void kill(const std::string& name) { process(name).kill(); }
  void restart(const std::string& name);
  /// Ends whatever the gates do.
  void heal();

  /// What all servers have logged.
  [[nodiscard]] std::string logs() const;

 private:
  struct Server {
    std::string role;
    std::unique_ptr<TcpGate> gate;
    std::unique_ptr<TcpGate> shop_gate;  ///< of a front-end
    std::unique_ptr<RoleProcess> process;
  };
  void add(const std::string& role, int count);
  [[nodiscard]] RoleCommand command(const std::string& name, const Server& server) const;

  const std::filesystem::path folder_;
  const ClusterOptions options_;
  const std::string service_token_;
  const std::string shopkeeper_token_;
  std::vector<std::string> names_;
  std::map<std::string, Server> servers_;
  struct Pids;
  std::shared_ptr<Pids> pids_;  ///< read by the gates' threads
};

}  // namespace bazar::harness
