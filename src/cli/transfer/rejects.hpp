#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string_view>

#include "cli/transfer/row_source.hpp"

namespace bazar::cli {

/// The file of the rows that could not be imported and why; made with the first of them, in place of one of
/// an earlier import.
class RejectsFile {
 public:
  RejectsFile(std::filesystem::path path, const RowSource& format)
      : path_(std::move(path)), format_(format) {}

  /// Throws Failure where it cannot be written.
  void add(std::uint64_t line, std::string_view reason, std::string_view text);
  /// Throws Failure where not all of it could be written.
  void close();
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  void write(std::string_view text);

  std::filesystem::path path_;
  const RowSource& format_;
  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t count_ = 0;
};

}  // namespace bazar::cli
