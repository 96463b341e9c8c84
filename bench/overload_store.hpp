#pragma once

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/temporary_folder.hpp"
#include "load/plan.hpp"
#include "tests/harness/store_process.hpp"

namespace bazar::bench {

/// A whole store (`bazar up`: one front-end, two catalogs, two order services) on processor 0, the calling
/// thread on processor 1. Its books have stock for any measurement.
class OverloadStore {
 public:
  explicit OverloadStore(std::vector<std::string> args = {});

  [[nodiscard]] http::Endpoint frontend() const { return store_->frontend(); }
  [[nodiscard]] harness::RunningMember member(const std::string& name) const;
  /// Purchases or lookups of the books, each as popular as the others.
  [[nodiscard]] load::Plan plan(const std::string& mix) const;

  /// Requests that the tier's callers have sent each replica of `service`, catalog or orders, by name.
  [[nodiscard]] std::map<std::string, double> picks(const std::string& service) const;

 private:
  TemporaryFolder folder_;
  std::unique_ptr<harness::StoreProcess> store_;
};

/// Stops a process for nine tenths of each 100 ms, from its making to its end.
class SlowedProcess {
 public:
  explicit SlowedProcess(pid_t pid);
  ~SlowedProcess();
  SlowedProcess(const SlowedProcess&) = delete;
  SlowedProcess& operator=(const SlowedProcess&) = delete;

 private:
  std::jthread thread_;
};

}  // namespace bazar::bench
