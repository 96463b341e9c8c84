#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/task.hpp"
#include "http/client.hpp"
#include "load/arrivals.hpp"

namespace bazar::experiment {

/// One request of a shopper, and what became of it.
struct Errand {
  enum class Kind : std::uint8_t { lookup, purchase };
  enum class Fate : std::uint8_t {
    answered,
    told_to_wait,  ///< 503 or 429: nothing was done, or it is not known whether it was
    failed,        ///< no connection, no answer in time, another status
  };
  Kind kind = Kind::lookup;
  std::size_t frontend = 0;
  SteadyTime due = {};
  SteadyTime ended = {};
  Fate fate = Fate::failed;
  bool labelled = false;              ///< answered from a standby: `Bazar-As-Of`
  std::optional<OrderId> order = {};  ///< acknowledged
};

struct ShoppersPlan {
  std::vector<http::Endpoint> frontends;  ///< asked in turn
  double rate_per_s;
  double purchases;       ///< their share, 0 … 1; the others are lookups
  milliseconds patience;  ///< for an answer, from when the request was due
};

/// Shoppers who come by a schedule that knows nothing of the store (open loop), at random moments, and keep
/// what became of every single request, for which the load generator is too fast. None tries again. Used on
/// one loop only.
class Shoppers {
 public:
  Shoppers(Loop& loop, ShoppersPlan plan);
  Shoppers(const Shoppers&) = delete;
  Shoppers& operator=(const Shoppers&) = delete;

  /// Until `stop`, and the last of them has its answer or has given up. Throws what is a bug, not an outage.
  Task<> run();
  void stop();

  /// In the order in which they were due. One that is under way counts as failed.
  [[nodiscard]] const std::deque<Errand>& errands() const { return errands_; }

 private:
  void send_one(SteadyTime due);
  Task<> perform(Errand& errand, std::int64_t book);

  Loop& loop_;
  ShoppersPlan plan_;
  http::Client client_;
  load::Random random_{1};
  load::Arrivals arrivals_;
  std::deque<Errand> errands_;
  std::size_t under_way_ = 0;
  bool stopped_ = false;
  std::exception_ptr failure_;
  Timer timer_;
};

}  // namespace bazar::experiment
