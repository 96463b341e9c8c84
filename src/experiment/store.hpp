#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "experiment/child_process.hpp"
#include "http/client.hpp"

namespace bazar::experiment {

struct StoreSetup {
  unsigned frontends = 1;  ///< 0: a catalog and an order service alone, with nobody who starts them again
  unsigned catalogs = 1;
  unsigned orders = 1;
  std::string cache = "lru://?entries=100000";
  std::string on_write = "update";
};

/// A server of a running store.
struct StoreMember {
  std::string role;  ///< `frontend`, `catalog` or `orders`
  std::string name;
  http::Endpoint endpoint;
  pid_t pid = 0;
};

/// What stores need of the command line's own parts.
struct StorePrograms {
  StartProgram start;  ///< this same program
  /// Who is listed in the members.json that `bazar up` keeps. Throws where there is none.
  std::function<std::vector<StoreMember>(const std::filesystem::path& file)> read_members;
  std::filesystem::path cluster_script;  ///< tools/cluster of a source tree; may be missing
  StartProgram start_cluster;            ///< that script
};

/// A store with the seven demo books as real processes on free ports of loopback: `bazar up`, or single
/// servers. Ended with its owner. One at a time may be between construction and readiness, since two that
/// look for free ports at once may choose the same.
class Store {
 public:
  /// Returns at once. `folder` is its data folder: made where it is missing, kept afterwards.
  Store(const StorePrograms& programs, const StoreSetup& setup, const std::filesystem::path& folder);

  /// Whether all its servers are ready. Throws std::runtime_error, with what it printed, once it has ended.
  [[nodiscard]] bool is_ready();
  void ask_to_end();

  // From here on only of a store that is ready.

  /// All its servers as they are now; after a kill and a restart under another process id (0: not known).
  [[nodiscard]] std::vector<StoreMember> members() const;
  [[nodiscard]] std::vector<http::Endpoint> endpoints(const std::string& role) const;
  [[nodiscard]] http::Endpoint frontend(std::size_t index = 0) const {
    return endpoints("frontend").at(index);
  }
  /// What `bazar up` has printed: who ended and was started again.
  [[nodiscard]] std::string printed() const { return supervisor_->output(); }
  [[nodiscard]] std::string service_token() const { return token("service"); }
  [[nodiscard]] std::string shopkeeper_token() const { return token("shopkeeper"); }

 private:
  void start_supervised(const StoreSetup& setup);
  void start_catalog_alone();
  void start_orders_alone(const http::Endpoint& catalog);
  [[nodiscard]] std::string token(const std::string& name) const;

  const StorePrograms& programs_;
  std::filesystem::path folder_;
  std::unique_ptr<ChildProcess> supervisor_;  ///< null: the two below, alone
  std::unique_ptr<ChildProcess> catalog_;
  std::unique_ptr<ChildProcess> orders_;
  std::string on_write_;
};

}  // namespace bazar::experiment
