#include "db/postgres/failover_reader.hpp"

#include <prometheus/gauge.h>

#include <boost/asio/redirect_error.hpp>

#include "observe/log.hpp"

namespace bazar::db::postgres {
namespace {

SteadyTime within(milliseconds patience) { return std::chrono::steady_clock::now() + patience; }

}  // namespace

FailoverReader::FailoverReader(LoopExecutor executor, ConnectionOptions primary, Barrier barrier,
                               ConnectionOptions standby, observe::Metrics& metrics,
                               FailoverReaderOptions options)
    : primary_(executor, std::move(primary), barrier),
      standby_(executor, std::move(standby), Barrier::never),
      options_(options),
      executor_(executor),
      probe_timer_(executor),
      primary_answers_(
          metrics.gauge("bazar_database_primary_answers",
                        "1 while lookups are read on the primary, 0 while a standby answers them")) {
  primary_answers_.Set(1);
}

Task<FailoverReader::Outcome> FailoverReader::read(Pipeline pipeline) {
  if (!away_) {
    if (auto answer = co_await ask_primary(pipeline)) co_return Outcome{*std::move(answer), false};
    lose_primary();
  }
  co_return Outcome{co_await standby_.read(std::move(pipeline), within(options_.standby_patience)), true};
}

Task<std::optional<Answer>> FailoverReader::ask_primary(Pipeline pipeline) {
  try {
    co_return co_await primary_.read(std::move(pipeline), within(options_.primary_patience));
  } catch (const Overloaded&) {
    throw;
  } catch (const Outage&) {
    co_return std::nullopt;
  }
}

void FailoverReader::lose_primary() {
  if (stopped_ || std::exchange(away_, true)) return;
  primary_answers_.Set(0);
  observe::log_warning("no primary answers: lookups are read on a standby, and labelled");
  asio::co_spawn(executor_, await_primary(), asio::detached);
}

Task<void> FailoverReader::await_primary() {
  while (!co_await probe()) {
    probe_timer_.expires_after(options_.probe_pause);
    boost::system::error_code ignored;
    co_await probe_timer_.async_wait(asio::redirect_error(use_task, ignored));
    if (stopped_) co_return;
  }
  away_ = false;
  primary_answers_.Set(1);
  observe::log_info("a primary answers: lookups are strict again");
}

/// Reads nothing: what counts is the barrier behind it.
Task<bool> FailoverReader::probe() {
  try {
    co_return (co_await ask_primary({})).has_value();
  } catch (const Overloaded&) {
    co_return false;
  }
}

void FailoverReader::stop() {
  stopped_ = true;
  probe_timer_.cancel();
  primary_.stop();
  standby_.stop();
}

}  // namespace bazar::db::postgres
