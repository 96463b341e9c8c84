#include "cli/up/data_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>
#include <system_error>
#include <thread>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "cli/failure.hpp"
#include "cli/up/files.hpp"

namespace bazar::cli {
namespace {

namespace fs = std::filesystem;

void make_folder(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    throw Failure(
        fmt::format("cannot make the folder {}: {}", path.string(), std::generic_category().message(errno)));
  }
  if (!fs::is_directory(path, error)) throw Failure(fmt::format("{} is not a folder", path.string()));
}

// The value of an environment variable where it is an absolute path: the standard says that any other is to
// be ignored.
std::optional<fs::path> path_of_environment(const char* name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): before there is a second thread
  const char* value = std::getenv(name);
  return value && *value == '/' ? std::optional<fs::path>(value) : std::nullopt;
}

// A holder that was just killed lets go of its files a moment later.
bool lock_soon(int fd) {
  const SystemClock clock;
  const auto until = clock.now() + milliseconds{300};
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EINTR && (errno != EWOULDBLOCK || clock.now() >= until)) return false;
    std::this_thread::sleep_for(milliseconds{10});
  }
  return true;
}

}  // namespace

fs::path default_data_folder() {
  if (const auto state = path_of_environment("XDG_STATE_HOME")) return *state / "bazar";
  if (const auto home = path_of_environment("HOME")) return *home / ".local/state/bazar";
  throw UsageError("neither XDG_STATE_HOME nor HOME is set: name a folder with --data");
}

DataFolder::DataFolder(const fs::path& path) : path_(fs::absolute(path)) {
  make_folder(path_);
  const auto file = path_ / "lock";
  lock_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0)
    throw Failure(
        fmt::format("cannot write in {}: {}", path_.string(), std::generic_category().message(errno)));
  if (!lock_soon(lock_)) {
    const auto reason = errno;
    ::close(lock_);
    if (reason != EWOULDBLOCK)
      throw Failure(
          fmt::format("cannot lock {}: {}", file.string(), std::generic_category().message(reason)));
    throw Failure(fmt::format("a store already runs in {} (pid {})", path_.string(), last_line(file)));
  }
  const auto pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(lock_, 0) != 0 || ::pwrite(lock_, pid.data(), pid.size(), 0) < 0) {
    const auto reason = errno;
    ::close(lock_);
    throw Failure(fmt::format("cannot write {}: {}", file.string(), std::generic_category().message(reason)));
  }
}

DataFolder::~DataFolder() { ::close(lock_); }

fs::path DataFolder::token_file(const std::string& name) {
  auto file = path_ / (name + ".token");
  std::error_code error;
  if (!fs::exists(file, error)) write_file_atomically(file, random_hex(32) + "\n", 0600);
  return file;
}

fs::path DataFolder::log_file(const std::string& name) {
  make_folder(path_ / "log");
  auto file = path_ / "log" / (name + ".log");
  std::error_code error;
  if (const auto size = fs::file_size(file, error); !error && size > max_log_bytes) {
    auto old = file;
    old += ".1";
    fs::rename(file, old);
  }
  return file;
}

void DataFolder::write_members(const std::vector<MemberRow>& members) {
  write_file_atomically(path_ / "members.json", encode_members(members), 0644);
}

std::vector<MemberRow> DataFolder::left_members() const {
  std::error_code error;
  if (!fs::exists(path_ / "members.json", error)) return {};
  try {
    return read_members(path_ / "members.json");
  } catch (const Failure&) {
    // Written by another release, or by hand: it is about to be replaced.
    return {};
  }
}

void DataFolder::remove_members() {
  std::error_code error;
  fs::remove(path_ / "members.json", error);
}

}  // namespace bazar::cli
