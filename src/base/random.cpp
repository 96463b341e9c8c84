#include "base/random.hpp"

#include <pthread.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/assert.hpp"
#include "base/digest.hpp"

namespace bazar {

namespace {

/// Drawn ahead, so that an id does not cost a system call. Bytes are given out once, and wiped then.
struct Pool {
  std::array<std::uint8_t, 1'024> bytes;
  std::size_t left = 0;
};
thread_local Pool pool;

// A child process must not give out what its parent does too.
const bool emptied_by_fork = pthread_atfork(nullptr, nullptr, [] { pool.left = 0; }) == 0;

void draw(std::span<std::uint8_t> out) {
  static const bool ready = sodium_init() >= 0;
  BAZAR_ASSERT(ready && emptied_by_fork, "libsodium starts, and forks are seen");
  randombytes_buf(out.data(), out.size());
}

}  // namespace

void random_bytes(std::span<std::uint8_t> out) {
  if (out.size() > pool.bytes.size()) return draw(out);
  if (out.size() > pool.left) {
    draw(pool.bytes);
    pool.left = pool.bytes.size();
  }
  const auto taken = std::span(pool.bytes).subspan(pool.left - out.size(), out.size());
  std::ranges::copy(taken, out.begin());
  std::ranges::fill(taken, std::uint8_t{0});
  pool.left -= out.size();
}

std::string random_hex(std::size_t bytes) {
  std::vector<std::uint8_t> raw(bytes);
  random_bytes(raw);
  return to_hex(raw);
}

}  // namespace bazar
