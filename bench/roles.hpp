#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/harness/role_process.hpp"
#include "tests/harness/store_process.hpp"

namespace bazar::bench {

/// One catalog, one order service and any number of front-ends as processes of their own on loopback, with
/// nothing between them and nobody who starts them again. Book 2 has stock for any measurement. Call from the
/// main thread.
class Roles {
 public:
  Roles(std::size_t frontends, std::string on_write, unsigned lease_ms = 2'000);

  [[nodiscard]] const http::Endpoint& catalog() const { return catalog_; }
  [[nodiscard]] const http::Endpoint& orders() const { return orders_; }
  [[nodiscard]] const std::vector<http::Endpoint>& frontends() const { return frontends_; }
  [[nodiscard]] harness::RoleProcess& frontend_process(std::size_t index) {
    return *frontend_processes_[index];
  }
  /// After its process was killed: another one under the same name.
  void restart_frontend(std::size_t index);
  /// Until all front-ends are live members and have book 2 in their caches.
  void wait_until_all_cache();

 private:
  [[nodiscard]] std::unique_ptr<harness::RoleProcess> start(std::vector<std::string> args);
  void start_frontend(std::size_t index);

  /// Made new, and removed when the processes in it are gone.
  struct Folder {
    Folder();
    ~Folder();
    std::filesystem::path path;
  };

  Folder folder_;
  http::Endpoint catalog_;
  http::Endpoint orders_;
  std::vector<http::Endpoint> frontends_;
  std::unique_ptr<harness::RoleProcess> catalog_process_;
  std::unique_ptr<harness::RoleProcess> orders_process_;
  std::vector<std::unique_ptr<harness::RoleProcess>> frontend_processes_;
};

/// Throws std::runtime_error where the status is another.
Task<http::ClientResponse> expect(http::Client& client, http::Endpoint server, http::ClientRequest request,
                                  unsigned status);

[[nodiscard]] http::ClientRequest set_price(int minor_units);
[[nodiscard]] http::ClientRequest buy_from_orders();

/// Of sorted or unsorted values, which are not empty; `share` 0 … 1.
[[nodiscard]] double quantile(std::vector<double> values, double share);

}  // namespace bazar::bench
