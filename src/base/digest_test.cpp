#include "base/digest.hpp"

#include <gtest/gtest.h>

namespace bazar {
namespace {

// The examples of NIST for FIPS 180-4, and the text of no bytes.
TEST(Digest, is_sha256) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Digest, compares_secrets) {
  EXPECT_TRUE(equal_secrets("secret", "secret"));
  EXPECT_TRUE(equal_secrets("", ""));
  EXPECT_FALSE(equal_secrets("secret", "Secret"));
  EXPECT_FALSE(equal_secrets("secret", "secrets"));
}

}  // namespace
}  // namespace bazar
