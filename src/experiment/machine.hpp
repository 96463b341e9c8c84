#pragma once

#include <filesystem>
#include <string>

namespace bazar::experiment {

/// What the figures depend on.
struct Machine {
  std::string processor;  ///< its model
  unsigned cores = 0;     ///< that this process may use
  double memory_gib = 0;
  std::string kernel;           ///< `Linux 6.1.0-18-amd64 x86_64`
  std::string file_system;      ///< of the folder, such as `ext4`
  double fdatasync_p50_ms = 0;  ///< of 4 KiB appended to a file in the folder
  double fdatasync_p99_ms = 0;
  double load_average = 0;  ///< of the last minute, before anything was started
};

/// Looks, and measures the disk under `folder` for a tenth of a second or so. What cannot be told is empty or
/// 0. Throws std::system_error where the folder cannot be written to.
[[nodiscard]] Machine describe_machine(const std::filesystem::path& folder);

}  // namespace bazar::experiment
