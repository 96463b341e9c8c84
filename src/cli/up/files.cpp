#include "cli/up/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>

#include "base/text.hpp"
#include "cli/failure.hpp"

namespace bazar::cli {
namespace {

[[noreturn]] void fail(std::string_view what, const std::filesystem::path& path) {
  throw Failure(fmt::format("cannot {} {}: {}", what, path.string(), std::generic_category().message(errno)));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

void write_file_atomically(const std::filesystem::path& path, std::string_view content, unsigned mode) {
  auto temporary = path;
  temporary += ".new";
  {
    const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
    if (file.get() < 0) fail("write", temporary);
    // One left by a crash may have had another mode.
    if (::fchmod(file.get(), mode) != 0) fail("write", temporary);
    for (std::string_view rest = content; !rest.empty();) {
      const auto written = ::write(file.get(), rest.data(), rest.size());
      if (written < 0 && errno != EINTR) fail("write", temporary);
      if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(file.get()) != 0) fail("write", temporary);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) fail("write", path);
}

std::string read_file(const std::filesystem::path& path, std::size_t limit) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    throw Failure(fmt::format("cannot read {}: it is a folder", path.string()));
  std::ifstream in(path, std::ios::binary);
  if (!in) fail("read", path);
  std::string content(limit + 1, '\0');
  in.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (in.bad()) fail("read", path);
  content.resize(static_cast<std::size_t>(in.gcount()));
  if (content.size() > limit)
    throw Failure(fmt::format("cannot read {}: longer than {} bytes", path.string(), limit));
  return content;
}

std::string read_token(const std::filesystem::path& path) {
  std::string token;
  try {
    token = read_file(path, 1'024);
  } catch (const Failure& failure) {
    throw UsageError(failure.what());
  }
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) token.pop_back();
  if (token.size() < 16 || !is_visible_ascii_key(token)) {
    throw UsageError(
        fmt::format("{}: a token is one line of 16 to 255 visible ASCII characters", path.string()));
  }
  return token;
}

std::string last_line(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string last;
  for (std::string line; std::getline(in, line);) {
    if (line.find_first_not_of(" \t\r") != std::string::npos) last = std::move(line);
  }
  return last;
}

}  // namespace bazar::cli
