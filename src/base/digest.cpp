#include "base/digest.hpp"

#include <openssl/evp.h>
#include <sodium.h>

#include <array>
#include <memory>

#include "base/assert.hpp"

namespace bazar {
namespace {

/// Of OpenSSL, which uses the processor's own instructions for it. To look the algorithm up, and to make a
/// context, costs more than the digest of a short text.
void sha256(std::string_view data, std::span<std::uint8_t, 32> hash) {
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                                     EVP_MD_CTX_free);
  const bool done = EVP_DigestInit_ex2(context.get(), algorithm, nullptr) == 1 &&
                    EVP_DigestUpdate(context.get(), data.data(), data.size()) == 1 &&
                    EVP_DigestFinal_ex(context.get(), hash.data(), nullptr) == 1;
  BAZAR_ASSERT(done, "OpenSSL has SHA-256, which fails for no text");
}

}  // namespace

std::string to_hex(std::span<const std::uint8_t> bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text(bytes.size() * 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    text[2 * i] = digits[bytes[i] >> 4];
    text[2 * i + 1] = digits[bytes[i] & 15];
  }
  return text;
}

std::string sha256_hex(std::string_view data) {
  std::array<std::uint8_t, 32> hash{};
  sha256(data, hash);
  return to_hex(hash);
}

bool equal_secrets(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace bazar
