#include "experiment/machine.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <sstream>
#include <system_error>

#include "report/statistics.hpp"

namespace bazar::experiment {

using report::describe;
using report::Distribution;

namespace {

constexpr int syncs = 200;
constexpr std::size_t block_bytes = 4'096;
constexpr double gib = 1'024.0 * 1'024 * 1'024;

std::string processor_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return {};
}

unsigned usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? static_cast<unsigned>(CPU_COUNT(&set)) : 0;
}

std::string kernel() {
  utsname names{};
  if (::uname(&names) != 0) return {};
  return fmt::format("{} {} {}", names.sysname, names.release, names.machine);
}

/// The type of the mount with the longest path above `folder`, as proc_self_mounts(5) lists them.
std::string file_system_of(const std::filesystem::path& folder) {
  const std::string path = std::filesystem::weakly_canonical(folder).string() + '/';
  std::ifstream mounts("/proc/self/mounts");
  std::string best_point, best_type;
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::string device, point, type;
    fields >> device >> point >> type;
    const std::string prefix = point.ends_with('/') ? point : point + '/';
    if (path.starts_with(prefix) && prefix.size() >= best_point.size()) {
      best_point = prefix;
      best_type = type;
    }
  }
  return best_type;
}

class ScratchFile {
 public:
  explicit ScratchFile(const std::filesystem::path& path) : path_(path) {
    fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), path.string());
  }
  ~ScratchFile() {
    ::close(fd_);
    ::unlink(path_.c_str());
  }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  void append_durably(const std::array<char, block_bytes>& block) const {
    if (::write(fd_, block.data(), block.size()) != static_cast<ssize_t>(block.size()) ||
        ::fdatasync(fd_) != 0)
      throw std::system_error(errno, std::generic_category(), path_.string());
  }

 private:
  std::filesystem::path path_;
  int fd_;
};

std::vector<double> time_syncs(const std::filesystem::path& folder) {
  const ScratchFile file(folder / "fdatasync");
  constexpr std::array<char, block_bytes> block{};
  std::vector<double> times_ms;
  for (int i = 0; i < syncs; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    file.append_durably(block);
    times_ms.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  return times_ms;
}

}  // namespace

Machine describe_machine(const std::filesystem::path& folder) {
  struct sysinfo info = {};
  ::sysinfo(&info);
  double load = 0;
  ::getloadavg(&load, 1);
  const Distribution sync = describe(time_syncs(folder));
  return {.processor = processor_model(),
          .cores = usable_cores(),
          .memory_gib = static_cast<double>(info.totalram) * info.mem_unit / gib,
          .kernel = kernel(),
          .file_system = file_system_of(folder),
          .fdatasync_p50_ms = sync.p50,
          .fdatasync_p99_ms = sync.p99,
          .load_average = load};
}

}  // namespace bazar::experiment
