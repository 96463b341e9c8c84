#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "load/connections.hpp"
#include "load/recorder.hpp"
#include "load/workload.hpp"

namespace bazar::load {

/// One run of a load: moves requests from the dispatcher to connections, and what becomes of them to the
/// recorder. For one thread, once.
class Generator final : private Connections::Handler {
 public:
  /// Resolves the targets. Keeps a reference to `plan`. Throws as load::run does.
  Generator(const Plan& plan, Observer observer);

  [[nodiscard]] Result run(const std::stop_token& stop);

 private:
  struct Request {
    Operation operation = Operation::lookup;
    bool in_flight = false;
    Instant due{0};
  };

  void on_free(Index connection) override;
  void on_gone(Index connection) override;
  void on_answer(Index connection, const Answer& answer) override;
  void on_lost(Index connection) override;
  void on_connected() override;
  void on_connect_failed() override;

  void connect(const std::stop_token& stop);
  void restart_clock();
  void read_clock();
  void dispatch();
  void start(const Turn& turn);
  void finish_step();
  void time_out();
  [[nodiscard]] nanoseconds until_something_is_due() const;
  [[nodiscard]] bool is_finished() const;

  const Plan& plan_;
  const Instant measured_begin_;
  const Instant end_;
  Workload workload_;
  std::unique_ptr<Dispatcher> dispatcher_;
  Recorder recorder_;
  Connections connections_;
  std::vector<Request> requests_;  ///< by connection
  std::size_t in_flight_ = 0;
  std::string bytes_;  ///< of the request that is being sent
  SteadyTime zero_;
  Instant now_{0};
  bool begun_ = false;
  /// Processor time of this thread and when that was, at the first and last step of the measured interval.
  struct Usage {
    nanoseconds cpu{0};
    Instant at{0};
  };
  std::optional<Usage> usage_begin_;
  std::optional<Usage> usage_end_;
};

}  // namespace bazar::load
