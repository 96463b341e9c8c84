#include "cli/up/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/temporary_folder.hpp"
#include "cli/up/files.hpp"

namespace bazar::cli {
namespace {

// Blocks until `pid` has ended, and leaves it to be reaped.
void wait_for_end(pid_t pid) {
  siginfo_t info = {};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
}

// The program that `spawn_self` starts is this test: it is asked for a case again and again, until it is
// killed.
const std::vector<std::string> endless_child{"--gtest_repeat=-1", "--gtest_brief=1",
                                             "--gtest_filter=Process.knows_a_process_by_its_arguments"};

TEST(Process, starts_this_program_and_keeps_its_output) {
  const TemporaryFolder temporary;
  const auto log = temporary.path() / "child.log";
  const auto pid = spawn_self({"--gtest_list_tests", "--gtest_filter=Process.*"}, log);
  wait_for_end(pid);
  const auto exit = reap();
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->pid, pid);
  EXPECT_EQ(exit->how, "exit code 0");
  EXPECT_THAT(read_file(log, 10'000), testing::HasSubstr("starts_this_program_and_keeps_its_output"));
  EXPECT_FALSE(reap());
}

TEST(Process, says_which_signal_ended_a_child) {
  const TemporaryFolder temporary;
  const auto pid = spawn_self(endless_child, temporary.path() / "child.log");
  EXPECT_FALSE(reap());
  ::kill(pid, SIGKILL);
  wait_for_end(pid);
  EXPECT_EQ(reap()->how, "signal 9 (Killed)");
}

TEST(Process, gives_a_child_a_process_group_of_its_own) {
  const TemporaryFolder temporary;
  const auto pid = spawn_self(endless_child, temporary.path() / "child.log");
  // The group is set before exec, which the arguments' being there shows.
  while (!is_running(pid, endless_child.front())) ::sched_yield();
  EXPECT_EQ(::getpgid(pid), pid);
  ::kill(pid, SIGKILL);
  wait_for_end(pid);
  EXPECT_FALSE(is_running(pid, endless_child.front())) << "ended, though not yet reaped";
  EXPECT_TRUE(reap());
}

TEST(Process, knows_a_process_by_its_arguments) {
  EXPECT_FALSE(is_running(::getpid(), "catalog-1"));
  EXPECT_FALSE(is_running(0x7FFF'FFFF, "catalog-1"));
}

}  // namespace
}  // namespace bazar::cli
