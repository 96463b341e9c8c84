#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace bazar::cli {

/// Makes `path` hold `content` with mode `mode`: whoever reads it sees the old content or the new, also after
/// a crash. Throws Failure.
void write_file_atomically(const std::filesystem::path& path, std::string_view content, unsigned mode);

/// The whole file, at most `limit` bytes. Throws Failure where it cannot be read or is longer.
[[nodiscard]] std::string read_file(const std::filesystem::path& path, std::size_t limit);

/// A secret kept in a file: its one line, 16 to 255 visible ASCII characters. Throws UsageError.
[[nodiscard]] std::string read_token(const std::filesystem::path& path);

/// The last line with something in it; empty where there is none.
[[nodiscard]] std::string last_line(const std::filesystem::path& path);

}  // namespace bazar::cli
