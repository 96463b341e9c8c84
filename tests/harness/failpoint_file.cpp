#include "tests/harness/failpoint_file.hpp"

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace bazar::harness {
namespace {

constexpr std::chrono::seconds patience{20};
constexpr std::chrono::milliseconds look_again{2};

}  // namespace

void FailpointFile::set() const { std::ofstream(path_).flush(); }

void FailpointFile::wait_until_held() const {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (!std::filesystem::exists(mark())) {
    if (std::chrono::steady_clock::now() > give_up)
      throw std::runtime_error("nobody came by the failpoint " + path_.string());
    std::this_thread::sleep_for(look_again);
  }
}

void FailpointFile::let_go() const {
  std::error_code ignored;
  std::filesystem::remove(mark(), ignored);
  std::filesystem::remove(path_, ignored);
}

}  // namespace bazar::harness
