#include "base/random.hpp"

#include <sodium.h>

#include <vector>

#include "base/assert.hpp"
#include "base/digest.hpp"

namespace bazar {

void random_bytes(std::span<std::uint8_t> out) {
  static const bool ready = sodium_init() >= 0;
  BAZAR_ASSERT(ready, "libsodium starts");
  randombytes_buf(out.data(), out.size());
}

std::string random_hex(std::size_t bytes) {
  std::vector<std::uint8_t> raw(bytes);
  random_bytes(raw);
  return to_hex(raw);
}

}  // namespace bazar
