#pragma once

#include <filesystem>
#include <string>

namespace bazar::harness {

/// The file by which a failpoint of a server is switched on and off (base/failpoint.hpp).
class FailpointFile {
 public:
  explicit FailpointFile(std::filesystem::path path) : path_(std::move(path)) {}
  ~FailpointFile() { let_go(); }
  FailpointFile(const FailpointFile&) = delete;
  FailpointFile& operator=(const FailpointFile&) = delete;

  /// `NAME=hold@FILE` or `NAME=crash@FILE`, for BAZAR_FAILPOINTS.
  [[nodiscard]] std::string arm(const std::string& failpoint, const std::string& action) const {
    return failpoint + "=" + action + "@" + path_.string();
  }

  void set() const;
  /// Of `hold`: waits until somebody is held. Throws std::runtime_error where nobody is for long.
  void wait_until_held() const;
  void let_go() const;

 private:
  [[nodiscard]] std::filesystem::path mark() const { return path_.string() + ".reached"; }
  std::filesystem::path path_;
};

}  // namespace bazar::harness
