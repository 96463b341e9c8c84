#include "db/postgres/connection.hpp"

#include <fmt/format.h>

#include "db/postgres/session.hpp"

namespace bazar::db::postgres {
namespace {

constexpr int oldest_version = 150'000;

// A generic plan is made once, and anew after an ANALYZE. Over one table it reaches its rows by an index,
// also if the table was empty when it was made; a join of tables that were may not, unless it is written so.
constexpr Statement configure{
    "configure",
    "SELECT set_config('synchronous_commit', CASE WHEN current_setting('synchronous_commit') IN ('off', "
    "'local', "
    "'remote_write') THEN 'on' ELSE current_setting('synchronous_commit') END, false), "
    "set_config('idle_in_transaction_session_timeout', $1::bigint::text, false), "
    "set_config('lock_timeout', $2::bigint::text, false), "
    "set_config('plan_cache_mode', 'force_generic_plan', false), set_config('enable_seqscan', 'off', false), "
    "set_config('jit', 'off', false), set_config('client_min_messages', 'error', false), "
    "set_config('timezone', 'UTC', false)"};
constexpr Statement identify{
    "identify",
    "SELECT s.system_identifier::text || '-' || d.oid::text, "
    "CASE WHEN pg_is_in_recovery() THEN '' ELSE substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) "
    "END, "
    "extract(epoch FROM pg_postmaster_start_time())::text, pg_is_in_recovery() "
    "FROM pg_control_system() AS s, pg_database AS d WHERE d.datname = current_database()"};

}  // namespace

std::optional<std::string> why_unsupported(int version, std::string_view encoding) {
  if (version < oldest_version) {
    // Since 10 the first part is the major version; before, the first two were.
    const std::string name = version >= 100'000 ? fmt::format("{}", version / 10'000)
                                                : fmt::format("{}.{}", version / 10'000, version / 100 % 100);
    return fmt::format("the server is PostgreSQL {}; 15 or newer is needed", name);
  }
  if (encoding != "UTF8") return "the database's encoding is not UTF8; create it with ENCODING 'UTF8'";
  return std::nullopt;
}

Connection::Connection(std::shared_ptr<Session> session) : session_(std::move(session)) {}

Connection::~Connection() { close(); }

void Connection::close() {
  session_->drop(std::make_exception_ptr(ConnectionLost("the connection was closed")));
}

bool Connection::usable() const { return session_->usable(); }

Task<std::unique_ptr<Connection>> Connection::open(ConnectionOptions options, SteadyTime deadline,
                                                   std::size_t first) {
  const std::vector<Endpoint> endpoints = parse_endpoints(options.url);
  const LoopExecutor executor = co_await asio::this_coro::executor;
  std::string failures;
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    const std::size_t index = (first + i) % endpoints.size();
    const SteadyTime now = std::chrono::steady_clock::now();
    if (i != 0 && now >= deadline) break;
    const SteadyTime until = std::min(deadline, now + options.host_timeout);
    std::unique_ptr<Connection> connection(new Connection(std::make_shared<Session>(executor)));
    try {
      co_await Session::connect(connection->session_, endpoints[index], options, until);
      co_await connection->prepare_session(options, until);
      connection->endpoint_ = index;
      co_return connection;
    } catch (const Outage& failure) {
      failures +=
          fmt::format("{}{}: {}", failures.empty() ? "" : "; ", endpoints[index].name, failure.what());
    }
  }
  throw Unavailable(fmt::format("no PostgreSQL server can be used: {}", failures));
}

Task<void> Connection::prepare_session(ConnectionOptions options, SteadyTime deadline) {
  const char* encoding = PQparameterStatus(session_->handle(), "server_encoding");
  if (const auto why = why_unsupported(PQserverVersion(session_->handle()), encoding ? encoding : ""))
    throw Unavailable(*why);
  Pipeline pipeline;
  pipeline.add(configure, std::int64_t{options.idle_in_transaction.count()},
               std::int64_t{options.lock_timeout.count()});
  pipeline.add(identify);
  const Results results = co_await run(std::move(pipeline), deadline);
  const Row row = results.at(1).only();
  server_ = {.system = std::string(row.text(0)),
             .timeline = std::string(row.text(1)),
             .started = std::string(row.text(2)),
             .standby = row.boolean(3)};
}

Task<Results> Connection::run(Pipeline pipeline, SteadyTime deadline) {
  return suspend_until_complete<Results>([session = session_, commands = std::move(pipeline.commands_),
                                          deadline](Completion<Results> done) mutable {
    session->send(std::move(commands), deadline, std::move(done));
  });
}

void Connection::start(Pipeline pipeline, SteadyTime deadline, Completion<Results> done) {
  session_->send(std::move(pipeline.commands_), deadline, std::move(done));
}

Task<void> Connection::run_script(std::string sql, SteadyTime deadline) {
  co_await suspend_until_complete<Results>(
      [session = session_, sql = std::move(sql), deadline](Completion<Results> done) mutable {
        session->send_script(std::move(sql), deadline, std::move(done));
      });
}

}  // namespace bazar::db::postgres
