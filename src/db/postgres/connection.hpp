#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/oneshot.hpp"
#include "base/task.hpp"
#include "db/postgres/encoding.hpp"
#include "db/postgres/endpoints.hpp"
#include "db/postgres/errors.hpp"
#include "db/postgres/result.hpp"

namespace bazar::db::postgres {

/// A statement by name, prepared on a connection when it is first used there. Both strings must outlive every
/// connection; names are unique in a program.
struct Statement {
  const char* name;
  const char* sql;
};

/// Statements sent together and answered together: one round trip. The first that fails fails all that
/// follow, and without an explicit transaction undoes those before it.
class Pipeline {
 public:
  template <class... Values>
  void add(const Statement& statement, const Values&... values) {
    commands_.push_back({statement, Parameters::of(values...)});
  }
  [[nodiscard]] std::size_t size() const { return commands_.size(); }

 private:
  friend class Connection;
  struct Command {
    Statement statement;
    Parameters parameters;
  };
  std::vector<Command> commands_;
};

/// Of the statements of a pipeline, in their order.
using Results = std::vector<Result>;

enum class Access : std::uint8_t {
  read_write,  ///< the primary; another server is passed over
  any,         ///< reads only
};

struct ConnectionOptions {
  std::string url;  ///< libpq's connection string; several hosts are tried in turn
  Access access = Access::read_write;
  std::string application = "bazar";  ///< seen in pg_stat_activity
  milliseconds host_timeout{1'000};   ///< to connect to one host, before the next is tried
  /// The server ends a session that holds a transaction open for longer without a word (docs/protocol.md,
  /// rule 11).
  milliseconds idle_in_transaction{5'000};
  milliseconds lock_timeout{3'000};
};

/// Where a connection leads, read when it was made. A server that is promoted or started anew is another one:
/// what was read from the one may be unknown to the other.
struct ServerIdentity {
  std::string system;  ///< system identifier, and the database in it
  std::string timeline;
  std::string started;
  bool standby = false;
  friend bool operator==(const ServerIdentity&, const ServerIdentity&) = default;
};

/// Why a server of this version (as PQserverVersion numbers it) and encoding cannot be used; empty where it
/// can.
[[nodiscard]] std::optional<std::string> why_unsupported(int version, std::string_view encoding);

/// One session with a PostgreSQL server, version 15 or newer, on one loop; non-blocking, in libpq's pipeline
/// mode: calls of many coroutines are in flight at once and answered in their order. Not thread-safe: used on
/// its loop only. Once lost it stays lost (`usable`). Names are resolved by libpq, which blocks: numbers,
/// Unix sockets and local names are quick.
class Connection {
 public:
  /// Tries each server in turn, beginning with `first`. Throws Unavailable with what kept each from being
  /// used.
  static Task<std::unique_ptr<Connection>> open(ConnectionOptions options, SteadyTime deadline,
                                                std::size_t first = 0);
  ~Connection();  ///< what is under way gets ConnectionLost
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// At the deadline it throws DeadlineExceeded and the connection is dropped, because the answer may never
  /// come: a frozen server's kernel goes on acknowledging. Throws ConnectionLost, ServerUnable, SqlError.
  Task<Results> run(Pipeline pipeline, SteadyTime deadline);

  /// The same for callers who have no coroutine: `done` is called on the loop of its own.
  void start(Pipeline pipeline, SteadyTime deadline, Completion<Results> done);

  /// SQL of several statements, without parameters or results. Nothing else may be under way.
  Task<void> run_script(std::string sql, SteadyTime deadline);

  /// Ends the session; what is under way gets ConnectionLost.
  void close();
  [[nodiscard]] bool usable() const;
  [[nodiscard]] const ServerIdentity& server() const { return server_; }
  /// Which of the endpoints it is.
  [[nodiscard]] std::size_t endpoint() const { return endpoint_; }

 private:
  class Session;
  explicit Connection(std::shared_ptr<Session> session);
  Task<void> prepare_session(ConnectionOptions options, SteadyTime deadline);

  std::shared_ptr<Session> session_;
  ServerIdentity server_;
  std::size_t endpoint_ = 0;
};

}  // namespace bazar::db::postgres
