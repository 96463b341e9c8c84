#pragma once

#include <filesystem>

namespace bazar::experiment {

/// A new folder of one's own under the system's folder for temporary files, removed with all that is in it.
/// The constructor throws std::system_error.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace bazar::experiment
