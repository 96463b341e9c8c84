#include "db/postgres/barrier.hpp"

namespace bazar::db::postgres {
namespace {

constexpr Statement barrier_always{"barrier_always",
                                   "SELECT pg_logical_emit_message(true, 'bazar', '') IS NOT NULL"};
constexpr Statement barrier_automatic{
    "barrier_automatic",
    "SELECT CASE WHEN current_setting('synchronous_standby_names') <> '' "
    "THEN pg_logical_emit_message(true, 'bazar', '') IS NOT NULL ELSE false END"};

SteadyTime now() { return std::chrono::steady_clock::now(); }

struct Reading {
  Pipeline pipeline;
  SteadyTime deadline;
  Completion<Answer> done;
  Results results = {};
  std::exception_ptr error = {};
};

/// A connection ends with all that is in flight when the time of one has run out: the others may ask again.
bool is_worth_another_try(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const ConnectionLost&) {
    return true;
  } catch (const DeadlineExceeded&) {
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace

class BarrierReader::State : public std::enable_shared_from_this<BarrierReader::State> {
 public:
  State(LoopExecutor executor, ConnectionOptions options, Barrier barrier)
      : executor_(executor), client_(std::in_place, executor, std::move(options)), barrier_(barrier) {}

  void add(Reading reading) {
    if (stopped_) {
      return reading.done.set_error(std::make_exception_ptr(Unavailable("the store is stopping")));
    }
    if (queue_.size() >= max_queue) {
      return reading.done.set_error(
          std::make_exception_ptr(Overloaded("too many reads are waiting for the database")));
    }
    queue_.push_back(std::move(reading));
    if (std::exchange(running_, true)) return;
    asio::co_spawn(executor_, run(shared_from_this()), asio::detached);
  }

  void stop() {
    stopped_ = true;
    client_.reset();  // what is in flight comes back at once
    for (Reading& each : std::exchange(queue_, {})) {
      each.done.set_error(std::make_exception_ptr(Unavailable("the store is stopping")));
    }
  }

 private:
  using Round = std::vector<Reading>;

  static Task<void> run(std::shared_ptr<State> self) {
    while (!self->queue_.empty()) {
      Round round = self->take();
      if (round.empty()) continue;
      std::shared_ptr<Connection> connection;
      std::exception_ptr failure;
      try {
        connection = co_await self->client_->connection(round.front().deadline);
      } catch (...) {
        failure = std::current_exception();
      }
      if (failure) {
        self->answer(round, {}, failure);
        continue;
      }
      const auto flight = co_await fly(self->executor_, connection, std::move(round), self->barrier());
      self->answer(flight->round, connection->server(), flight->failure);
    }
    self->running_ = false;
  }

  Round take() {
    Round round;
    while (!queue_.empty() && round.size() < max_round) {
      Reading next = std::move(queue_.front());
      queue_.pop_front();
      if (now() < next.deadline) {
        round.push_back(std::move(next));
      } else {
        next.done.set_error(std::make_exception_ptr(DeadlineExceeded("the database did not answer in time")));
      }
    }
    return round;
  }

  /// A round on its way, until the last answer has come.
  struct Flight {
    Round round;
    std::size_t outstanding = 0;
    std::exception_ptr failure;  ///< of the barrier
    std::optional<Completion<std::monostate>> landed;
    void land() {
      if (--outstanding == 0) landed->set_value({});
    }
  };

  static Task<std::shared_ptr<Flight>> fly(LoopExecutor executor, std::shared_ptr<Connection> connection,
                                           Round round, Pipeline barrier) {
    auto flight = std::make_shared<Flight>();
    flight->outstanding = round.size() + 1;
    flight->round = std::move(round);
    co_await suspend_until_complete<std::monostate>([&](Completion<std::monostate> landed) {
      flight->landed.emplace(std::move(landed));
      SteadyTime latest = SteadyTime::min();
      for (std::size_t i = 0; i < flight->round.size(); ++i) {
        Reading& each = flight->round[i];
        latest = std::max(latest, each.deadline);
        connection->start(each.pipeline, each.deadline,
                          {executor, [flight, i](const std::exception_ptr& error, Results results) {
                             flight->round[i].error = error;
                             flight->round[i].results = std::move(results);
                             flight->land();
                           }});
      }
      connection->start(std::move(barrier), latest,
                        {executor, [flight](const std::exception_ptr& error, const Results&) {
                           flight->failure = error;
                           flight->land();
                         }});
    });
    co_return flight;
  }

  [[nodiscard]] Pipeline barrier() const {
    Pipeline pipeline;
    if (barrier_ != Barrier::never) {
      pipeline.add(barrier_ == Barrier::always ? barrier_always : barrier_automatic);
    }
    return pipeline;
  }

  void answer(Round& round, const ServerIdentity& server, const std::exception_ptr& failure) {
    for (Reading& each : round) {
      const std::exception_ptr error = failure ? failure : each.error;
      if (!error) {
        each.done.set_value({std::move(each.results), server});
      } else if (!stopped_ && is_worth_another_try(error) && now() < each.deadline) {
        each.error = nullptr;
        queue_.push_back(std::move(each));
      } else {
        each.done.set_error(error);
      }
    }
  }

  LoopExecutor executor_;
  std::optional<Client> client_;
  Barrier barrier_;
  std::deque<Reading> queue_;
  bool running_ = false;
  bool stopped_ = false;
};

BarrierReader::BarrierReader(LoopExecutor executor, ConnectionOptions options, Barrier barrier)
    : state_(std::make_shared<State>(std::move(executor), std::move(options), barrier)) {}

void BarrierReader::stop() { state_->stop(); }

Task<Answer> BarrierReader::read(Pipeline pipeline, SteadyTime deadline) {
  return suspend_until_complete<Answer>(
      [state = state_, pipeline = std::move(pipeline), deadline](Completion<Answer> done) mutable {
        state->add({std::move(pipeline), deadline, std::move(done)});
      });
}

}  // namespace bazar::db::postgres
