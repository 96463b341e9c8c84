#pragma once

#include <optional>
#include <string>
#include <vector>

namespace bazar::harness {

/// Hosts on one Ethernet, each a network namespace; this thread, and what it starts from now on, is one more
/// of them. Links between hosts can be cut as by a broken switch: frames vanish, nobody is told. Needs root.
class Network {
 public:
  /// Why there can be none; empty where there can.
  [[nodiscard]] static std::optional<std::string> why_not();

  /// Throws std::runtime_error.
  explicit Network(std::vector<std::string> hosts);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// As `ip netns` knows it.
  [[nodiscard]] std::string namespace_of(const std::string& host) const;
  [[nodiscard]] std::string address_of(const std::string& host) const;

  /// None of these reaches another of these. All else stays as it is; we reach everybody always.
  void separate(const std::vector<std::string>& hosts);
  void heal();

 private:
  void remove_namespaces();

  std::vector<std::string> hosts_;
  int namespace_before_ = -1;
};

}  // namespace bazar::harness
