#include "base/failpoint.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <future>

namespace bazar::failpoint {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using Action = Failpoint::Action;

TEST(Failpoint, list_is_read) {
  EXPECT_THAT(
      parse("a.b=sleep:300ms,c=hold@/tmp/x,d=crash,e=crash@/tmp/y,f=sleep:5").value(),
      ElementsAre(Failpoint{"a.b", Action::sleep, milliseconds(300)},
                  Failpoint{"c", Action::hold, milliseconds(0), "/tmp/x"}, Failpoint{"d", Action::crash},
                  Failpoint{"e", Action::crash, milliseconds(0), "/tmp/y"},
                  Failpoint{"f", Action::sleep, milliseconds(5)}));
}

TEST(Failpoint, malformed_list_is_refused_with_the_part_that_is_wrong) {
  for (const char* text : {"a", "=crash", "a=", "a=explode", "a=hold", "a=hold@", "a=sleep:", "a=sleep:x",
                           "a=sleep:-1", "a=sleep:60001", "a=crash,,b=crash"}) {
    EXPECT_FALSE(parse(text)) << text;
  }
  EXPECT_THAT(parse("good=crash,bad=explode").error(), HasSubstr("'bad=explode'"));
}

std::filesystem::path fresh_file(const std::string& name) {
  const auto file = std::filesystem::path(testing::TempDir()) / ("bazar-failpoint-" + name);
  std::filesystem::remove(file);
  std::filesystem::remove(file.string() + ".reached");
  return file;
}

TEST(Failpoint, acts_only_while_its_file_exists_and_holds_until_it_is_removed) {
  const auto file = fresh_file("hold");
  const std::vector<Failpoint> points = parse("here=hold@" + file.string()).value();
  detail::act(points, "here");  // comes back: the file is not there
  EXPECT_FALSE(std::filesystem::exists(file.string() + ".reached"));

  std::ofstream(file).flush();
  detail::act(points, "elsewhere");
  auto held = std::async(std::launch::async, [&] { detail::act(points, "here"); });
  while (!std::filesystem::exists(file.string() + ".reached")) std::this_thread::yield();
  EXPECT_EQ(held.wait_for(milliseconds(0)), std::future_status::timeout);
  std::filesystem::remove(file);
  held.get();
  std::filesystem::remove(file.string() + ".reached");
}

TEST(FailpointDeathTest, crash_is_a_kill) {
  EXPECT_EXIT(detail::act(parse("here=crash").value(), "here"), testing::KilledBySignal(SIGKILL), "");
}

// In a process of their own: what is armed stays so.
TEST(FailpointDeathTest, without_the_variable_nothing_is_armed_and_with_it_what_it_says) {
  const auto armed = [](const char* text) {
    // NOLINTBEGIN(concurrency-mt-unsafe): one thread
    if (text != nullptr) setenv("BAZAR_FAILPOINTS", text, 1);
    const std::string said = arm_from_environment();
    reached("here");
    std::exit(said == (text == nullptr ? "" : text) ? 7 : 8);
    // NOLINTEND(concurrency-mt-unsafe)
  };
  EXPECT_EXIT(armed(nullptr), testing::ExitedWithCode(7), "");
  EXPECT_EXIT(armed("elsewhere=crash"), testing::ExitedWithCode(7), "");
  EXPECT_EXIT(armed("here=crash"), testing::KilledBySignal(SIGKILL), "");
}

}  // namespace
}  // namespace bazar::failpoint
