#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/up/members_file.hpp"

namespace bazar::cli {

/// `$XDG_STATE_HOME/bazar`, else `~/.local/state/bazar`. Throws UsageError where neither is known.
[[nodiscard]] std::filesystem::path default_data_folder();

/// The folder of one store on this machine: database, tokens, logs, members.json. Held under a lock for as
/// long as the object lives, so that two stores never share one.
class DataFolder {
 public:
  /// Makes the folder (mode 0700) where there is none. Throws Failure where another process holds it (names
  /// that process) or it cannot be made.
  explicit DataFolder(const std::filesystem::path& path);
  ~DataFolder();
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// DIR/NAME.token, made at first with 256 random bits and mode 0600.
  [[nodiscard]] std::filesystem::path token_file(const std::string& name);

  /// DIR/log/NAME.log. One larger than `max_log_bytes` is first moved to NAME.log.1.
  [[nodiscard]] std::filesystem::path log_file(const std::string& name);

  void write_members(const std::vector<MemberRow>& members);
  /// The members of a store that was not stopped in order; empty after one that was.
  [[nodiscard]] std::vector<MemberRow> left_members() const;
  void remove_members();

  static constexpr std::uintmax_t max_log_bytes = 10 * 1024 * 1024;

 private:
  std::filesystem::path path_;
  int lock_ = -1;
};

}  // namespace bazar::cli
