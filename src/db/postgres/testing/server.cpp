#include "db/postgres/testing/server.hpp"

#include <fcntl.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/random.hpp"
#include "base/tcp_ports.hpp"

namespace bazar::db::postgres {
namespace {

constexpr auto programs = "/usr/lib/postgresql/15/bin/";
constexpr std::chrono::seconds patience{60};

struct User {
  uid_t uid;
  gid_t gid;
};

/// Whom the server runs as, where that is not the test's own user.
const User* server_user() {
  static const std::unique_ptr<User> user = []() -> std::unique_ptr<User> {
    if (geteuid() != 0) return nullptr;
    for (const char* name : {"postgres", "nobody"}) {
      // NOLINTNEXTLINE(concurrency-mt-unsafe): once, and nobody else in a test asks
      if (const passwd* entry = getpwnam(name)) {
        return std::make_unique<User>(User{entry->pw_uid, entry->pw_gid});
      }
    }
    throw std::runtime_error("no unprivileged user to run PostgreSQL as");
  }();
  return user.get();
}

pid_t spawn(std::vector<std::string> arguments, const std::filesystem::path& log) {
  std::vector<char*> raw;
  raw.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) raw.push_back(argument.data());
  raw.push_back(nullptr);
  const User* user = server_user();
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) throw std::runtime_error("cannot fork");
  if (pid > 0) return pid;
  // Between fork and exec only what is safe there. Whoever outlives a killed test would be nobody's.
  setpgid(0, 0);
  if (user != nullptr && (setgid(user->gid) != 0 || setuid(user->uid) != 0)) _exit(126);
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (getppid() != parent) _exit(126);
  const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (file < 0 || chdir("/") != 0) _exit(126);
  dup2(file, 1);
  dup2(file, 2);
  execv(raw[0], raw.data());
  _exit(127);
}

int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

std::string database_of(const std::string& url) { return url.substr(url.rfind('/') + 1); }

}  // namespace

TestServer::TestServer(Unmade)
    : folder_(std::filesystem::temp_directory_path() / ("bazar-postgres-" + random_hex(6))),
      port_(any_free_port(boost::asio::ip::address_v4::loopback())) {
  std::filesystem::create_directory(folder_);
  if (const User* user = server_user(); user != nullptr) {
    if (chown(folder_.c_str(), user->uid, user->gid) != 0)
      throw std::runtime_error("cannot give the folder away");
  }
}

TestServer::TestServer(TestServerOptions options) : TestServer(Unmade{}) {
  std::vector<std::string> initdb{std::string(programs) + "initdb",
                                  "-D",
                                  data(),
                                  "-U",
                                  "bazar",
                                  "-A",
                                  "trust",
                                  "--encoding=UTF8",
                                  "--locale=C.UTF-8"};
  if (!options.durable) initdb.emplace_back("--no-sync");
  if (wait_for(spawn(std::move(initdb), folder_ / "log")) != 0) {
    throw std::runtime_error("initdb failed; is postgresql-15 installed?");
  }
  configure("max_connections = 200\nautovacuum_naptime = 10\n" +
            std::string(options.durable ? "" : "fsync = off\nfull_page_writes = off\n") + options.settings);
  start();
}

TestServer::TestServer(StandbyOf origin) : TestServer(Unmade{}) {
  const std::vector<std::string> copy{std::string(programs) + "pg_basebackup",
                                      "-D",
                                      data(),
                                      "-d",
                                      origin.primary.url(),
                                      "--checkpoint=fast",
                                      "--no-sync",
                                      "--write-recovery-conf"};
  if (wait_for(spawn(copy, folder_ / "log")) != 0) throw std::runtime_error("pg_basebackup failed");
  // The receiver's name, by which a primary waits for it, is that of the cluster.
  configure("cluster_name = '" + origin.name + "'\nwal_retrieve_retry_interval = 100ms\n");
  start();
}

std::string TestServer::data() const { return folder_ / "data"; }

void TestServer::configure(const std::string& settings) const {
  std::ofstream(data() + "/postgresql.conf", std::ios::app)
      << "port = " << port_ << "\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '"
      << folder_.string() << "'\n"
      << settings << "\n";
}

TestServer::~TestServer() {
  if (pid_ > 0) {
    thaw();
    kill(pid_, SIGQUIT);
    wait_for(pid_);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void TestServer::start() {
  pid_ = spawn({std::string(programs) + "postgres", "-D", data()}, folder_ / "log");
  const auto until = std::chrono::steady_clock::now() + patience;
  while (PQping(url().c_str()) != PQPING_OK) {
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("PostgreSQL does not start");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void TestServer::stop() { end(SIGINT); }
void TestServer::crash() { end(SIGQUIT); }

void TestServer::end(int signal) {
  kill(pid_, signal);
  wait_for(std::exchange(pid_, -1));
}

// Its children are the server's process group only until they make sessions of their own.
void TestServer::signal_all(int signal) const {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream stat(entry.path() / "stat");
    std::string line;
    if (!std::getline(stat, line)) continue;
    const std::size_t name_end = line.rfind(')');
    if (name_end == std::string::npos || line.size() < name_end + 5) continue;
    if (std::atoi(line.c_str() + name_end + 4) == pid_) {
      kill(std::atoi(entry.path().filename().c_str()), signal);
    }
  }
  kill(pid_, signal);
}

void TestServer::freeze() { signal_all(SIGSTOP); }
void TestServer::thaw() { signal_all(SIGCONT); }

void TestServer::promote() { execute("SELECT pg_promote()"); }

std::string TestServer::url(const std::string& database) const {
  return "postgresql://bazar@127.0.0.1:" + std::to_string(port_) + "/" + database;
}

std::string TestServer::execute(const std::string& sql, const std::string& url) const {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(url.c_str()), &PQfinish);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()), &PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    throw std::runtime_error(PQerrorMessage(connection.get()));
  }
  return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

std::string TestServer::create_database(const std::string& source) {
  const std::string name = "test_" + random_hex(6);
  execute("CREATE DATABASE " + name + " TEMPLATE " + source + " STRATEGY file_copy");
  return url(name);
}

void TestServer::drop_database(const std::string& url) {
  execute("DROP DATABASE IF EXISTS " + database_of(url) + " WITH (FORCE)");
}

TestServer& shared_test_server() {
  static TestServer server;
  return server;
}

}  // namespace bazar::db::postgres
