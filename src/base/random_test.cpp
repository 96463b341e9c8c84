#include "base/random.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <set>

namespace bazar {
namespace {

TEST(RandomBytesTest, differ_each_time_whatever_their_number) {
  std::set<std::string> seen;
  for (const std::size_t bytes : {8U, 16U, 1'000U, 1'024U, 1'025U, 5'000U}) {
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(seen.insert(random_hex(bytes)).second);
  }
}

TEST(RandomBytesTest, differ_in_a_child_process) {
  (void)random_hex(16);  // the parent has drawn ahead
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    const std::string text = random_hex(16);
    _exit(write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  std::string of_child(32, '\0');
  ASSERT_EQ(read(ends[0], of_child.data(), of_child.size()), 32);
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_NE(random_hex(16), of_child);
  for (const int end : ends) close(end);
}

}  // namespace
}  // namespace bazar
