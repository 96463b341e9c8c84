#pragma once

#include <string>
#include <vector>

#include "load/plan.hpp"
#include "load/popularity.hpp"

namespace bazar::load {

/// Draws operations by a plan's mix and popularity, and writes their requests out of prepared parts.
class Workload {
 public:
  /// `key_prefix`: of the idempotency keys, another one for each run. Keeps a reference to `plan`. Throws
  /// std::invalid_argument where the plan lacks what its mix needs.
  Workload(const Plan& plan, std::string key_prefix);

  [[nodiscard]] Operation draw();
  /// Replaces `out` by the next request of `operation`, for the target of that number.
  void write(std::string& out, Operation operation, std::size_t target);

 private:
  [[nodiscard]] BookId draw_book();
  void append_key(std::string& out);

  const Plan& plan_;
  const std::string key_prefix_;
  Random random_;
  Popularity books_;
  Popularity topics_;
  std::uint64_t keys_ = 0;
  // By target.
  std::vector<std::string> read_tails_;  ///< what follows a GET's path
  std::vector<std::string> purchase_middles_;
  std::vector<std::string> topic_paths_;  ///< by topic
};

}  // namespace bazar::load
