#include "cli/up/data_folder.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "base/temporary_folder.hpp"
#include "cli/failure.hpp"
#include "cli/up/files.hpp"

namespace bazar::cli {
namespace {

using testing::HasSubstr;

unsigned mode_of(const std::filesystem::path& path) {
  struct stat status = {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 07777U;
}

std::string failure_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

void write(const std::filesystem::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

TEST(DataFolder, makes_a_folder_for_its_owner_only) {
  const TemporaryFolder temporary;
  const auto path = temporary.path() / "some" / "store";
  const DataFolder folder(path);
  EXPECT_EQ(mode_of(path), 0700U);
}

TEST(DataFolder, refuses_a_folder_that_another_holds_and_names_the_process) {
  const TemporaryFolder temporary;
  const DataFolder first(temporary.path());
  const auto failure = failure_of([&] { const DataFolder second(temporary.path()); });
  EXPECT_THAT(failure, HasSubstr("already runs"));
  EXPECT_THAT(failure, HasSubstr(std::to_string(::getpid())));
}

TEST(DataFolder, lets_go_of_the_folder_at_the_end) {
  const TemporaryFolder temporary;
  {
    const DataFolder first(temporary.path());
  }
  EXPECT_EQ(failure_of([&] { const DataFolder second(temporary.path()); }), "");
}

TEST(DataFolder, refuses_a_file_in_its_place) {
  const TemporaryFolder temporary;
  write(temporary.path() / "file", "");
  EXPECT_THAT(failure_of([&] { const DataFolder folder(temporary.path() / "file"); }),
              HasSubstr("is not a folder"));
  EXPECT_THAT(failure_of([&] { const DataFolder folder(temporary.path() / "file" / "store"); }),
              HasSubstr("cannot make the folder"));
}

TEST(DataFolder, makes_a_secret_token_once) {
  const TemporaryFolder temporary;
  std::string token;
  {
    DataFolder folder(temporary.path());
    token = read_token(folder.token_file("service"));
    EXPECT_EQ(mode_of(folder.token_file("service")), 0600U);
    EXPECT_EQ(token.size(), 64U);
    EXPECT_NE(read_token(folder.token_file("shopkeeper")), token);
  }
  DataFolder again(temporary.path());
  EXPECT_EQ(read_token(again.token_file("service")), token);
}

TEST(DataFolder, gives_back_the_members_that_it_was_given) {
  const TemporaryFolder temporary;
  DataFolder folder(temporary.path());
  const std::vector<MemberRow> members{
      {.role = "catalog", .name = "catalog-1", .url = "http://127.0.0.1:8101", .pid = 12, .state = {}},
      {.role = "orders", .name = "orders-1", .url = "http://127.0.0.1:8201", .pid = 13, .state = {}}};
  folder.write_members(members);
  EXPECT_EQ(folder.left_members(), members);
  EXPECT_EQ(read_members(temporary.path() / "members.json"), members);
  folder.remove_members();
  EXPECT_TRUE(folder.left_members().empty());
}

TEST(DataFolder, is_not_stopped_by_members_that_nobody_can_read) {
  const TemporaryFolder temporary;
  write(temporary.path() / "members.json", "{broken");
  const DataFolder folder(temporary.path());
  EXPECT_TRUE(folder.left_members().empty());
  EXPECT_THAT(failure_of([&] { (void)read_members(temporary.path() / "members.json"); }),
              HasSubstr("is not a list of members"));
}

TEST(DataFolder, moves_a_large_log_away) {
  const TemporaryFolder temporary;
  DataFolder folder(temporary.path());
  const auto log = folder.log_file("catalog-1");
  write(log, "old\n");
  EXPECT_EQ(folder.log_file("catalog-1"), log);
  EXPECT_TRUE(std::filesystem::exists(log));
  std::filesystem::resize_file(log, DataFolder::max_log_bytes + 1);
  EXPECT_EQ(folder.log_file("catalog-1"), log);
  EXPECT_FALSE(std::filesystem::exists(log));
  EXPECT_TRUE(std::filesystem::exists(log.string() + ".1"));
}

TEST(Files, refuses_what_is_no_token) {
  const TemporaryFolder temporary;
  const auto file = temporary.path() / "token";
  EXPECT_THROW((void)read_token(file), UsageError);
  for (const std::string bad : {"", "short", "0123456789abcde", "0123456789 abcdef0",
                                "0123456789abcdef\n0123456789abcdef\n", "0123456789abcdef\x01"}) {
    write(file, bad);
    EXPECT_THROW((void)read_token(file), UsageError) << bad;
  }
  write(file, std::string(256, 'x'));
  EXPECT_THROW((void)read_token(file), UsageError);
  write(file, "0123456789abcdef\r\n");
  EXPECT_EQ(read_token(file), "0123456789abcdef");
  EXPECT_THROW((void)read_token(temporary.path()), UsageError);
}

TEST(Files, finds_the_last_line_with_something_in_it) {
  const TemporaryFolder temporary;
  const auto file = temporary.path() / "log";
  EXPECT_EQ(last_line(file), "");
  write(file, "one\ntwo\n\n  \n");
  EXPECT_EQ(last_line(file), "two");
  write(file, "one\nunfinished");
  EXPECT_EQ(last_line(file), "unfinished");
}

TEST(Files, leaves_the_old_content_where_the_new_cannot_be_written) {
  const TemporaryFolder temporary;
  const auto file = temporary.path() / "file";
  write_file_atomically(file, "old", 0600);
  // The temporary file's name is taken by a folder.
  std::filesystem::create_directory(temporary.path() / "file.new");
  EXPECT_THROW(write_file_atomically(file, "new", 0600), Failure);
  EXPECT_EQ(read_file(file, 10), "old");
}

TEST(Members, are_shown_in_aligned_columns) {
  EXPECT_EQ(
      members_table(
          {{.role = "frontend", .name = "frontend-1", .url = "http://127.0.0.1:8080", .pid = 7, .state = {}},
           {.role = "orders", .name = "orders-1", .url = "http://127.0.0.1:8201", .pid = {}, .state = {}}}),
      "ROLE      NAME        URL                    PID\n"
      "frontend  frontend-1  http://127.0.0.1:8080  7\n"
      "orders    orders-1    http://127.0.0.1:8201  -\n");
}

}  // namespace
}  // namespace bazar::cli
