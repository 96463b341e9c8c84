#pragma once

#include <memory>

#include "db/postgres/connection.hpp"

namespace bazar::db::postgres {

/// A connection that is made anew after it was lost: attempts follow each other at 50 ms, backing off to 1 s,
/// for as long as somebody waits for one. On one loop; not thread-safe.
class Client {
 public:
  Client(LoopExecutor executor, ConnectionOptions options);
  ~Client();  ///< who waits gets Unavailable
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// The present connection, or the next one. At the deadline: Unavailable, with what the last attempt met.
  Task<std::shared_ptr<Connection>> connection(SteadyTime deadline);

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace bazar::db::postgres
