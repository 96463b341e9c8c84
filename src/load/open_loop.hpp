#pragma once

#include <boost/circular_buffer.hpp>

#include "load/arrivals.hpp"
#include "load/dispatcher.hpp"
#include "load/free_list.hpp"

namespace bazar::load {

/// Requests are due by a schedule. Each takes the connection that has been free for the longest, or waits for
/// one in a bounded queue.
class OpenLoopDispatcher final : public Dispatcher {
 public:
  /// `patience`: how long a request waits at most. Nothing is due from `end` on, but what waits then is sent.
  OpenLoopDispatcher(std::size_t connections, Arrivals arrivals, std::size_t max_backlog,
                     nanoseconds patience, Instant end);

  void free(Index connection, Instant now) override;
  void gone(Index connection) override { free_.remove(connection); }
  std::optional<Turn> next(Instant now) override;
  [[nodiscard]] std::optional<Instant> wakes_at() const override;
  [[nodiscard]] std::size_t backlog() const override { return waiting_.size(); }

 private:
  std::optional<Turn> first_waiting(Instant now);

  Arrivals arrivals_;
  const nanoseconds patience_;
  const Instant end_;
  Instant next_due_;
  FreeList free_;
  boost::circular_buffer_space_optimized<Instant> waiting_;  ///< when each was due
};

}  // namespace bazar::load
