#pragma once

#include <libpq-fe.h>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <deque>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/oneshot.hpp"
#include "db/postgres/connection.hpp"

namespace bazar::db::postgres {

/// A connection's socket and what is in flight on it. Kept alive by the operations that wait on it.
class Connection::Session : public std::enable_shared_from_this<Connection::Session> {
 public:
  explicit Session(LoopExecutor executor);
  ~Session();

  /// Connects to one server. Throws Unavailable.
  static Task<void> connect(std::shared_ptr<Session> session, Endpoint endpoint, ConnectionOptions options,
                            SteadyTime deadline);

  using Command = Pipeline::Command;
  void send(std::vector<Command> commands, SteadyTime deadline, Completion<Results> done);
  void send_script(std::string sql, SteadyTime deadline, Completion<Results> done);
  void drop(const std::exception_ptr& error);
  [[nodiscard]] bool usable() const { return connection_ != nullptr; }
  [[nodiscard]] PGconn* handle() const { return connection_.get(); }

 private:
  struct InFlight {
    SteadyTime deadline;
    Completion<Results> done;
    Results results;
    std::exception_ptr error;
    std::vector<std::pair<std::size_t, const char*>> prepared;  ///< which answers are a PREPARE's
    std::size_t answers = 0;
    bool script = false;
  };
  using Descriptor = asio::posix::basic_stream_descriptor<LoopExecutor>;

  Task<bool> wait_for_connect(PostgresPollingStatusType direction, SteadyTime deadline);
  void send_command(const Command& command, InFlight& item);
  void start(InFlight item);
  void flush();
  void wait_readable();
  void on_readable();
  void collect();
  void take(pg_result* result);
  void take_error(InFlight& item, const pg_result* result);
  void finish_front();
  void lose();
  void watch_deadline();
  void require_sent(int sent);

  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  std::unique_ptr<PGconn, Finish> connection_;
  Descriptor descriptor_;
  Timer timer_;
  std::optional<SteadyTime> watched_;
  std::deque<InFlight> in_flight_;
  std::unordered_set<const char*> prepared_;
  bool reading_ = false;
  bool writing_ = false;
};

}  // namespace bazar::db::postgres
