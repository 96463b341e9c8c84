#pragma once

#include <deque>
#include <memory>
#include <variant>

#include "base/clock.hpp"
#include "base/oneshot.hpp"
#include "base/task.hpp"
#include "http/router.hpp"

namespace bazar::frontend {

/// When events may happen that are limited to so many a second: virtual scheduling, as in the generic cell
/// rate algorithm (ITU-T I.371). Pure; not thread-safe.
class Pace {
 public:
  /// `per_second` > 0. After a quiet time the events of one `burst` may come at once.
  Pace(unsigned per_second, milliseconds burst);
  /// When the next event may happen: at `now`, or later. Takes that place.
  [[nodiscard]] SteadyTime next(SteadyTime now);

 private:
  const SteadyTime::duration gap_;
  const SteadyTime::duration burst_;
  SteadyTime due_;  ///< of the next event, if all of them came evenly
};

/// Sends those away who cannot be served: at once, as long as they are not too many. A refusal costs a fifth
/// to a third of a purchase, most of it in the kernel, so that at three times the load refusing would take
/// what selling needs, and with clients that ask again at once all of it ("receive livelock", Mogul and
/// Ramakrishnan, 1996). Past a share of the loop's time the others wait for their turn to be refused, and do
/// not ask again meanwhile. For the coroutines of one loop. Kept by a shared pointer.
class Refusals : public std::enable_shared_from_this<Refusals> {
 public:
  static constexpr unsigned per_second = 3'000;  ///< of 10 to 30 µs each: up to a tenth of a processor
  static constexpr milliseconds burst{100};
  /// Who comes while so many wait is refused at once: those who wait keep their connections, and a server
  /// takes only so many.
  static constexpr std::size_t max_waiting = 8'192;

  Refusals(Loop& loop, const Clock& clock);

  /// Answers with `refusal`, now or in turn.
  [[nodiscard]] http::Reply send(http::Response refusal);

  /// From here on everybody's turn is now. To be called while the loop still runs.
  void stop();

 private:
  using Turn = Completion<std::monostate>;
  struct Waiting {
    SteadyTime turn;
    Turn done;
  };

  static Task<http::Response> send_in_turn(std::shared_ptr<Refusals> self, SteadyTime turn,
                                           http::Response refusal);
  void wait(SteadyTime turn, Turn done);
  void arm();
  void release(SteadyTime until);

  const Clock& clock_;
  Timer timer_;
  Pace pace_{per_second, burst};
  std::deque<Waiting> waiting_;  ///< in the order of their turns
  bool armed_ = false;
  bool stopped_ = false;
};

}  // namespace bazar::frontend
