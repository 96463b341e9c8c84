// `bazar up` as people and scripts meet it: the real program, real processes, real signals.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <boost/json.hpp>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <set>

#include "base/random.hpp"
#include "base/temporary_folder.hpp"
#include "tests/harness/store_process.hpp"

namespace bazar {
namespace {

using harness::RunningMember;
using harness::StoreProcess;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr milliseconds patience{30'000};

struct Finished {
  int code = -1;
  std::string output;  ///< both streams
};

// Runs `bazar ARGUMENTS` to its end.
Finished bazar(const std::string& arguments) {
  const auto command = fmt::format("timeout 30 {} {} 2>&1 </dev/null", BAZAR_BINARY, arguments);
  Finished finished;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  std::array<char, 4'096> buffer{};
  while (const auto got = std::fread(buffer.data(), 1, buffer.size(), pipe))
    finished.output.append(buffer.data(), got);
  finished.code = WEXITSTATUS(::pclose(pipe));
  return finished;
}

bool one_line(const std::string& text) { return !text.empty() && text.find('\n') == text.size() - 1; }

// Asks again every 10 ms, for what only another process knows.
bool eventually(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    ::poll(nullptr, 0, 10);
  }
  return true;
}

RunningMember member_named(const StoreProcess& store, const std::string& name) {
  for (auto& member : store.members()) {
    if (member.name == name) return member;
  }
  throw std::runtime_error(name + " is not among the members");
}

// Running: one that has ended may stay listed as a zombie until somebody reaps it.
bool alive(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string stat;
  std::getline(file, stat);
  const auto name_end = stat.rfind(')');
  return name_end != std::string::npos && stat.substr(name_end + 2, 1) != "Z";
}

// Buys a copy of a book as a patient client does; the order's id.
std::string buy(const StoreProcess& store, const std::string& key) {
  std::string order_id;
  const auto frontend = store.frontend();
  harness::run([&](Loop& loop) -> Task<> {
    return [](Loop& on, http::Endpoint server, std::string with_key, std::string& id) -> Task<> {
      http::Client client(on, {});
      http::ClientRequest request{.method = http::Method::post,
                                  .target = "/purchase/2",
                                  .headers = {{"Idempotency-Key", with_key}, {"Accept", "application/json"}},
                                  .body = R"({"name":"Hiba"})"};
      const auto answer = co_await harness::send_with_retries(on, client, server, request, patience);
      EXPECT_EQ(answer.status, 200U) << answer.body;
      if (answer.status == 200) id = boost::json::parse(answer.body).at("order_id").as_string();
    }(loop, frontend, key, order_id);
  });
  return order_id;
}

class Up : public testing::Test {
 protected:
  std::string data() const { return folder.path().string(); }
  TemporaryFolder folder;
};

TEST_F(Up, starts_the_whole_store_and_says_who_runs_where) {
  StoreProcess store(folder.path(), {"--frontends", "2"});
  EXPECT_EQ(store.members("frontend").size(), 2U);
  EXPECT_EQ(store.members("catalog").size(), 2U);
  EXPECT_EQ(store.members("orders").size(), 2U);
  for (const auto& member : store.members()) EXPECT_TRUE(alive(member.pid)) << member.name;
  const auto table = bazar("members --data " + data());
  EXPECT_EQ(table.code, 0);
  EXPECT_THAT(table.output, AllOf(HasSubstr("ROLE"), HasSubstr("frontend-2"), HasSubstr("catalog-2"),
                                  HasSubstr("orders-1")));
  EXPECT_FALSE(buy(store, "a-key").empty());
}

TEST_F(Up, keeps_its_secrets_to_its_owner) {
  const StoreProcess store(folder.path());
  for (const auto* name : {"service.token", "shopkeeper.token"}) {
    struct stat status = {};
    ASSERT_EQ(::stat((folder.path() / name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 07777U, 0600U) << name;
  }
}

TEST_F(Up, starts_a_killed_child_again_on_its_port_and_goes_on_selling) {
  const StoreProcess store(folder.path());
  for (const std::string name : {"catalog-1", "orders-2", "frontend-1"}) {
    const auto before = member_named(store, name);
    const auto order = buy(store, "before-" + name);
    ASSERT_EQ(::kill(before.pid, SIGKILL), 0);
    EXPECT_FALSE(buy(store, "after-" + name).empty());
    EXPECT_EQ(buy(store, "before-" + name), order) << "the same key is the same order";
    ASSERT_TRUE(eventually([&] { return member_named(store, name).pid != before.pid; })) << name;
    EXPECT_EQ(member_named(store, name).endpoint, before.endpoint);
  }
  EXPECT_FALSE(buy(store, "at-the-end").empty());
}

TEST_F(Up, replaces_a_frozen_child) {
  const StoreProcess store(folder.path());
  for (const std::string name : {"catalog-2", "frontend-1"}) {
    const auto before = member_named(store, name);
    ASSERT_EQ(::kill(before.pid, SIGSTOP), 0);
    EXPECT_FALSE(buy(store, "while-frozen-" + name).empty());
    EXPECT_TRUE(eventually([&] { return member_named(store, name).pid != before.pid; })) << name;
    EXPECT_FALSE(alive(before.pid));
  }
}

TEST_F(Up, stops_every_child_when_asked_to) {
  StoreProcess store(folder.path());
  const auto members = store.members();
  EXPECT_EQ(store.terminate(), 0);
  for (const auto& member : members) EXPECT_FALSE(alive(member.pid)) << member.name;
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "members.json"));
  EXPECT_THAT(bazar("members --data " + data()).output, HasSubstr("no store runs"));
}

TEST_F(Up, keeps_books_and_orders_over_a_stop_and_over_a_crash) {
  std::string order;
  {
    StoreProcess store(folder.path());
    order = buy(store, "once");
    EXPECT_EQ(store.terminate(), 0);
  }
  {
    StoreProcess store(folder.path());
    EXPECT_EQ(buy(store, "once"), order);
    store.kill_tree();
  }
  const StoreProcess store(folder.path());
  EXPECT_EQ(buy(store, "once"), order);
}

TEST_F(Up, takes_its_children_along_when_it_is_killed_and_can_start_again_at_once) {
  StoreProcess store(folder.path());
  const auto members = store.members();
  ::kill(store.pid(), SIGKILL);
  // Not waiting for the children's end, which the new one has to allow for.
  const StoreProcess again(folder.path());
  for (const auto& member : members) EXPECT_FALSE(alive(member.pid)) << member.name;
}

TEST_F(Up, refuses_a_folder_in_use_and_leaves_that_store_alone) {
  const StoreProcess store(folder.path());
  const auto second = bazar("up --port 0 --data " + data());
  EXPECT_EQ(second.code, 1);
  EXPECT_THAT(second.output, AllOf(HasSubstr("already runs"), HasSubstr(fmt::format("pid {}", store.pid()))));
  EXPECT_TRUE(one_line(second.output)) << second.output;
  EXPECT_EQ(store.members().size(), 5U);
}

TEST_F(Up, refuses_a_port_that_is_taken) {
  Loop loop;
  const Acceptor listener(loop, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const auto port = listener.local_endpoint().port();
  const auto refused = bazar(fmt::format("up --port {} --data {}", port, data()));
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.output, HasSubstr(fmt::format("port {} on 127.0.0.1 is taken", port)));
  EXPECT_TRUE(one_line(refused.output)) << refused.output;
}

TEST_F(Up, says_why_a_child_cannot_start) {
  for (const auto* file : {"catalog.db", "orders.db"})
    std::ofstream(folder.path() / file) << std::string(8'192, 'x');
  const auto failed = bazar("up --port 0 --data " + data());
  EXPECT_EQ(failed.code, 1);
  EXPECT_THAT(failed.output,
              AllOf(HasSubstr("cannot start"), HasSubstr("database"), Not(HasSubstr("ready"))));
  EXPECT_TRUE(one_line(failed.output)) << failed.output;
}

TEST_F(Up, runs_two_stores_side_by_side) {
  const TemporaryFolder other;
  const StoreProcess first(folder.path());
  const StoreProcess second(other.path());
  std::set<http::Endpoint> endpoints;
  for (const auto* store : {&first, &second}) {
    for (const auto& member : store->members()) endpoints.insert(member.endpoint);
  }
  EXPECT_EQ(endpoints.size(), 10U);
  EXPECT_NE(buy(first, "same-key"), buy(second, "same-key"));
}

class Role : public Up {
 protected:
  void SetUp() override { std::ofstream(folder.path() / "token") << "0123456789abcdef0123456789abcdef\n"; }
  std::string token_flag() const { return " --service-token-file " + data() + "/token"; }
};

TEST_F(Role, refuses_a_port_that_is_taken) {
  Loop loop;
  const Acceptor listener(loop, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const auto port = listener.local_endpoint().port();
  const auto refused =
      bazar(fmt::format("catalog --port {} --database sqlite:{}{}", port, data(), token_flag()));
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.output, HasSubstr(fmt::format("port {} on 127.0.0.1 is taken", port)));
  EXPECT_TRUE(one_line(refused.output)) << refused.output;
}

TEST_F(Role, refuses_wrong_usage_in_one_line) {
  const auto catalog = "catalog --database sqlite:" + data() + token_flag();
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "subcommand"},
      {"sell", "sell"},
      {"up sell", "sell"},
      {"up --port 99999", "--port"},
      {"up --port -1", "--port"},
      {"up --port 8080x", "--port"},
      {"up --frontends 0", "--frontends"},
      {"up --catalogs 1.5", "--catalogs"},
      {"up --host not-an-address", "--host"},
      {"up --cache memory", "--cache"},
      {"up --cache-entries 0", "--cache-entries"},
      {"up --cache none --cache-entries 5", "--cache"},
      {"up --database mysql:x", "--database"},
      {"up --unknown", "--unknown"},
      {"catalog" + token_flag(), "--database"},
      {"catalog --database sqlite:" + data(), "--service-token-file"},
      {"catalog --database sqlite:" + data() + " --service-token-file " + data() + "/missing", "missing"},
      {catalog + " --currency XYZ", "--currency"},
      {catalog + " --lease-ms 0", "--lease-ms"},
      {catalog + " --log-level loud", "--log-level"},
      {catalog + " --host 0.0.0.0", "--advertise"},
      {catalog + " --host 192.0.2.1", "192.0.2.1"},
      {catalog + " --name 'a b'", "--name"},
      {catalog + " --advertise localhost", "--advertise"},
      {"orders --database sqlite:" + data() + token_flag(), "--catalog"},
      {"frontend --catalog http://127.0.0.1:1/path" + token_flag(), "--catalog"},
      {"frontend --catalog http://127.0.0.1:1 --rate-limit many" + token_flag(), "--rate-limit"},
      {"members --catalog nowhere", "--catalog"},
  };
  for (const auto& [arguments, named] : cases) {
    const auto refused = bazar(arguments);
    EXPECT_EQ(refused.code, 2) << arguments << "\n" << refused.output;
    EXPECT_THAT(refused.output, HasSubstr(named)) << arguments;
    EXPECT_TRUE(one_line(refused.output)) << arguments << "\n" << refused.output;
  }
}

TEST_F(Role, explains_itself_with_examples) {
  for (const std::string name : {"up", "catalog", "orders", "frontend", "members"}) {
    const auto help = bazar(name + " --help");
    EXPECT_EQ(help.code, 0) << name;
    EXPECT_THAT(help.output, HasSubstr("Example")) << name;
  }
  EXPECT_THAT(bazar("--help").output, AllOf(HasSubstr("Examples"), HasSubstr("frontend")));
  EXPECT_THAT(bazar("--version").output, testing::StartsWith("bazar 0."));
}

TEST_F(Role, started_by_hand_joins_the_store) {
  const TemporaryFolder store_folder;
  const StoreProcess store(store_folder.path());
  const auto catalog = http::to_url(store.members("catalog").at(0).endpoint);
  const auto command = fmt::format(
      "exec {} orders --name extra --database sqlite:{} --catalog {} --service-token-file {}/service.token "
      "2>&1",
      BAZAR_BINARY, store_folder.path().string(), catalog, store_folder.path().string());
  std::FILE* extra = ::popen(("echo $$; " + command).c_str(), "r");
  std::array<char, 4'096> line{};
  ASSERT_TRUE(std::fgets(line.data(), line.size(), extra));
  const auto pid = static_cast<pid_t>(std::strtol(line.data(), nullptr, 10));
  bool ready = false;
  while (!ready && std::fgets(line.data(), line.size(), extra))
    ready = std::string_view(line.data()).starts_with("ready http://");
  EXPECT_TRUE(ready);
  EXPECT_TRUE(eventually(
      [&] { return bazar("members --catalog " + catalog).output.find("extra") != std::string::npos; }));
  EXPECT_EQ(::kill(pid, SIGTERM), 0);
  EXPECT_EQ(WEXITSTATUS(::pclose(extra)), 0);
  EXPECT_TRUE(eventually([&] {
    const auto members = bazar("members --json --catalog " + catalog).output;
    return members.find("extra") == std::string::npos || members.find("gone") != std::string::npos;
  }));
}

}  // namespace
}  // namespace bazar
