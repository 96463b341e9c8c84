#include "tests/robustness/lossy_vfs/killed_writer.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace bazar::robustness {

std::vector<OrderId> reported_before_kill(int count, const std::function<void(int)>& write_for_ever) {
  int pipe[2];
  EXPECT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(pipe[0]);
    write_for_ever(pipe[1]);
    std::abort();
  }
  ::close(pipe[1]);
  std::vector<OrderId> reported;
  OrderId id;
  while (::read(pipe[0], id.bytes.data(), id.bytes.size()) == static_cast<ssize_t>(id.bytes.size())) {
    reported.push_back(id);
    if (static_cast<int>(reported.size()) == count) ::kill(child, SIGKILL);
  }
  ::close(pipe[0]);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the child ended by itself";
  return reported;
}

void report(int acknowledged, const OrderId& id) {
  if (::write(acknowledged, id.bytes.data(), id.bytes.size()) != static_cast<ssize_t>(id.bytes.size()))
    std::abort();
}

unsigned make_seed() {
  const char* const given = std::getenv("BAZAR_SEED");
  const unsigned seed = given ? static_cast<unsigned>(std::atoi(given)) : std::random_device{}();
  std::printf("seed %u (BAZAR_SEED repeats it)\n", seed);
  return seed;
}

}  // namespace bazar::robustness
