#include "db/postgres/session.hpp"

#include <boost/asio/redirect_error.hpp>

#include "base/assert.hpp"

namespace bazar::db::postgres {
namespace {

/// libpq's message in one line; it holds no password.
std::string message_of(const PGconn* connection) {
  std::string text = PQerrorMessage(connection);
  std::ranges::replace_if(text, [](char c) { return c == '\n' || c == '\t'; }, ' ');
  while (text.ends_with(' ')) text.pop_back();
  return text.empty() ? "the connection to PostgreSQL is lost" : text;
}

std::exception_ptr lost(const std::string& why) { return std::make_exception_ptr(ConnectionLost(why)); }

std::exception_ptr server_error(const pg_result* result) {
  const char* sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  try {
    throw_server_error(sqlstate != nullptr ? sqlstate : "08000", message != nullptr ? message : "no message");
  } catch (...) {
    return std::current_exception();
  }
}

}  // namespace

Connection::Session::Session(LoopExecutor executor) : descriptor_(executor), timer_(executor) {}

Connection::Session::~Session() {
  if (descriptor_.is_open()) descriptor_.release();  // the socket is libpq's
}

Task<void> Connection::Session::connect(std::shared_ptr<Session> session, Endpoint endpoint,
                                        ConnectionOptions options, SteadyTime deadline) {
  std::vector<const char*> keywords, values;
  for (const auto& [keyword, value] : endpoint.settings) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  const auto set = [&](const char* keyword, const char* value) {
    keywords.push_back(keyword);  // the last of several holds
    values.push_back(value);
  };
  set("client_encoding", "UTF8");
  set("application_name", options.application.c_str());
  set("target_session_attrs", options.access == Access::read_write ? "read-write" : "any");
  set(nullptr, nullptr);

  auto& connection = session->connection_;
  connection.reset(PQconnectStartParams(keywords.data(), values.data(), 0));
  if (!connection) throw Unavailable("no memory for a connection");
  PQsetNoticeProcessor(connection.get(), [](void*, const char*) {}, nullptr);
  auto status = PQstatus(connection.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (status != PGRES_POLLING_OK) {
    if (status == PGRES_POLLING_FAILED) throw Unavailable(message_of(connection.get()));
    if (!co_await session->wait_for_connect(status, deadline)) throw Unavailable("no answer in time");
    status = PQconnectPoll(connection.get());
  }
  if (PQsetnonblocking(connection.get(), 1) != 0 || PQenterPipelineMode(connection.get()) != 1) {
    throw Unavailable(message_of(connection.get()));
  }
  session->descriptor_.assign(PQsocket(connection.get()));
}

/// False: the deadline has passed. The socket may be another one at each step, so it is given back after
/// each.
Task<bool> Connection::Session::wait_for_connect(PostgresPollingStatusType direction, SteadyTime deadline) {
  descriptor_.assign(PQsocket(connection_.get()));
  timer_.expires_at(deadline);
  bool expired = false;
  timer_.async_wait([this, &expired, self = shared_from_this()](boost::system::error_code error) {
    if (error) return;
    expired = true;
    // Answer and expiry may come in the same round of the loop: then the socket is given back already.
    if (descriptor_.is_open()) descriptor_.cancel();
  });
  boost::system::error_code error;
  co_await descriptor_.async_wait(
      direction == PGRES_POLLING_READING ? Descriptor::wait_read : Descriptor::wait_write,
      asio::redirect_error(use_task, error));
  descriptor_.release();
  // A timer that has just expired still runs its handler: only after it may `expired` go.
  if (timer_.cancel() == 0 && !expired) {
    while (!expired) co_await asio::post(use_task);
  }
  co_return !expired;
}

void Connection::Session::require_sent(int sent) {
  if (sent != 1) throw ConnectionLost(message_of(connection_.get()));
}

void Connection::Session::send_command(const Command& command, InFlight& item) {
  const Parameters::Arrays arrays = command.parameters.arrays();
  const int count = static_cast<int>(command.parameters.count());
  const auto& [name, sql] = command.statement;
  if (prepared_.insert(name).second) {
    item.prepared.emplace_back(item.answers++, name);
    require_sent(PQsendPrepare(connection_.get(), name, sql, count, arrays.types.data()));
  }
  ++item.answers;
  require_sent(PQsendQueryPrepared(connection_.get(), name, count, arrays.values.data(),
                                   arrays.lengths.data(), arrays.formats.data(), 1));
}

void Connection::Session::send(std::vector<Command> commands, SteadyTime deadline, Completion<Results> done) {
  if (!usable()) return done.set_error(lost("the connection to PostgreSQL is lost"));
  InFlight item{.deadline = deadline, .done = std::move(done), .results = {}, .error = {}, .prepared = {}};
  try {
    for (const Command& command : commands) send_command(command, item);
    require_sent(PQpipelineSync(connection_.get()));
  } catch (...) {
    const auto error = std::current_exception();
    drop(error);
    return item.done.set_error(error);
  }
  item.answers = 0;  // from now on: how many have come
  start(std::move(item));
}

void Connection::Session::send_script(std::string sql, SteadyTime deadline, Completion<Results> done) {
  BAZAR_ASSERT(in_flight_.empty(), "a script runs alone on its connection");
  if (!usable()) return done.set_error(lost("the connection to PostgreSQL is lost"));
  InFlight item{.deadline = deadline, .done = std::move(done), .results = {}, .error = {}, .prepared = {}};
  item.script = true;
  if (PQexitPipelineMode(connection_.get()) != 1 || PQsendQuery(connection_.get(), sql.c_str()) != 1) {
    const auto error = lost(message_of(connection_.get()));
    drop(error);
    return item.done.set_error(error);
  }
  start(std::move(item));
}

void Connection::Session::start(InFlight item) {
  in_flight_.push_back(std::move(item));
  watch_deadline();
  flush();
  if (usable()) wait_readable();
}

void Connection::Session::flush() {
  if (writing_) return;
  const int left = PQflush(connection_.get());
  if (left < 0) return lose();
  if (left == 0) return;
  writing_ = true;
  descriptor_.async_wait(Descriptor::wait_write,
                         [self = shared_from_this()](boost::system::error_code error) {
                           self->writing_ = false;
                           if (!error && self->usable()) self->flush();
                         });
}

void Connection::Session::wait_readable() {
  if (reading_ || in_flight_.empty()) return;
  reading_ = true;
  descriptor_.async_wait(Descriptor::wait_read, [self = shared_from_this()](boost::system::error_code error) {
    self->reading_ = false;
    if (!error && self->usable()) self->on_readable();
  });
}

void Connection::Session::on_readable() {
  const bool alive = PQconsumeInput(connection_.get()) == 1;
  collect();  // also what came before the end
  if (!usable()) return;
  if (!alive || PQstatus(connection_.get()) != CONNECTION_OK) return lose();
  flush();
  if (usable()) wait_readable();
}

void Connection::Session::collect() {
  while (!in_flight_.empty() && PQisBusy(connection_.get()) == 0) {
    pg_result* result = PQgetResult(connection_.get());
    if (result != nullptr) {
      take(result);
    } else if (PQstatus(connection_.get()) != CONNECTION_OK) {
      return;
    } else if (in_flight_.front().script) {
      PQenterPipelineMode(connection_.get());
      finish_front();
    }
  }
}

void Connection::Session::take(pg_result* raw) {
  Result result(raw);
  InFlight& item = in_flight_.front();
  switch (PQresultStatus(raw)) {
    case PGRES_PIPELINE_SYNC:
      return finish_front();
    case PGRES_FATAL_ERROR:
    case PGRES_BAD_RESPONSE:
      take_error(item, raw);
      break;
    case PGRES_PIPELINE_ABORTED:
      break;
    default: {
      const bool is_prepare =
          std::erase_if(item.prepared, [&](const auto& each) { return each.first == item.answers; }) != 0;
      if (!is_prepare) item.results.push_back(std::move(result));
    }
  }
  ++item.answers;
}

void Connection::Session::take_error(InFlight& item, const pg_result* result) {
  if (!item.error) item.error = server_error(result);
}

void Connection::Session::finish_front() {
  InFlight item = std::move(in_flight_.front());
  in_flight_.pop_front();
  for (const auto& [answer, name] : item.prepared) prepared_.erase(name);  // what was not reached
  if (in_flight_.empty()) {
    watched_.reset();
    timer_.cancel();
  }
  if (item.error) {
    item.done.set_error(item.error);
  } else {
    item.done.set_value(std::move(item.results));
  }
}

void Connection::Session::lose() {
  // The server's last word, such as why it ends the session, is worth more than a broken pipe.
  drop(lost(message_of(connection_.get())));
}

void Connection::Session::drop(const std::exception_ptr& error) {
  if (descriptor_.is_open()) {
    descriptor_.cancel();
    descriptor_.release();
  }
  timer_.cancel();
  watched_.reset();
  connection_.reset();
  for (InFlight& item : std::exchange(in_flight_, {})) item.done.set_error(error);
}

/// One timer for all: deadlines mostly rise, so that it is seldom set anew.
void Connection::Session::watch_deadline() {
  SteadyTime earliest = SteadyTime::max();
  for (const InFlight& item : in_flight_) earliest = std::min(earliest, item.deadline);
  if (watched_ && *watched_ <= earliest) return;
  watched_ = earliest;
  timer_.expires_at(earliest);
  timer_.async_wait([self = shared_from_this(), earliest](boost::system::error_code error) {
    if (error || self->watched_ != earliest) return;
    self->watched_.reset();
    const SteadyTime now = std::chrono::steady_clock::now();
    for (const InFlight& item : self->in_flight_) {
      if (item.deadline <= now) {
        return self->drop(std::make_exception_ptr(DeadlineExceeded("PostgreSQL did not answer in time")));
      }
    }
    if (!self->in_flight_.empty()) self->watch_deadline();
  });
}

}  // namespace bazar::db::postgres
