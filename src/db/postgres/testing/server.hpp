#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace bazar::db::postgres {

class TestServer;

struct TestServerOptions {
  bool durable = false;       ///< false switches fsync off
  std::string settings = {};  ///< lines for postgresql.conf
};

/// A standby that follows `primary`, which must run; `name` is what `synchronous_standby_names` knows it by.
struct StandbyOf {
  const TestServer& primary;
  std::string name = "standby";
};

/// A PostgreSQL server of a test's own: made in a temporary folder, on a free loopback port and a Unix socket
/// in that folder, ended and removed with the object. Started by root it runs as the user `postgres` or
/// `nobody`, because the server refuses root. Nothing else on the machine is touched.
class TestServer {
 public:
  explicit TestServer(TestServerOptions options = {});
  explicit TestServer(StandbyOf origin);
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  /// Connection string of a database, over TCP.
  [[nodiscard]] std::string url(const std::string& database = "postgres") const;
  /// A new, empty database; its connection string. `source`: a database to copy, with nobody in it.
  [[nodiscard]] std::string create_database(const std::string& source = "template0");
  void drop_database(const std::string& url);
  /// Runs SQL in a database, in a session of its own, and returns the first value of its last answer; throws
  /// std::runtime_error.
  std::string execute(const std::string& sql, const std::string& url) const;
  std::string execute(const std::string& sql) const { return execute(sql, url()); }

  void start();
  /// Fast shutdown: sessions are ended.
  void stop();
  void crash();    ///< immediate shutdown: nothing is written any more
  void promote();  ///< a standby becomes a primary, on a new timeline
  void freeze();   ///< SIGSTOP to every process of the server
  void thaw();
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  struct Unmade {};
  explicit TestServer(Unmade);  ///< a folder and a port
  [[nodiscard]] std::string data() const;
  void configure(const std::string& settings) const;
  void signal_all(int signal) const;
  void end(int signal);

  std::filesystem::path folder_;
  int port_ = 0;
  pid_t pid_ = -1;
};

/// The server of this test program, started when first asked for.
[[nodiscard]] TestServer& shared_test_server();

}  // namespace bazar::db::postgres
