#pragma once

#include <cstddef>

#include "random.hpp"
#include "rules.hpp"
#include "time.hpp"

namespace bazar::simulation {

/// One run's sizes, times and fault rates, drawn from its seed. Times are in proportion to the lease: it is
/// short, so that much happens within one.
struct Parameters {
  int frontends = 3;
  int catalogs = 2;
  int clients = 4;
  int books = 2;

  milliseconds lease{200};
  double rho = 0.01;      ///< the writer's allowance for the rate of a front-end's clock against its own
  milliseconds slack{5};  ///< δ
  microseconds tick{1};   ///< granularity of clocks, at most half of what δ leaves
  milliseconds renew_interval{50};
  milliseconds call_timeout{100};
  milliseconds ask_patience{40};
  milliseconds reread_interval{10};
  milliseconds frozen_limit{500};  ///< after which the supervisor kills a child that does not answer
  milliseconds think_time{10};
  microseconds commit_time{1'000};  ///< mean
  double disk_stalls = 0.01;        ///< share of commits that take up to a lease

  std::size_t max_floors = 4;
  std::size_t cache_entries = 4;
  std::size_t batch_limit = 4;
  std::size_t fetch_limit = 2;
  bool shared_cache = false;        ///< an untrusted cache server behind the private caches
  bool drops_on_invalidate = true;  ///< else entries stay, and only floors tell that they are old
  bool flushes_on_register = true;
  bool refreshes = true;   ///< after a commit, catalogs send the new values
  bool twin = false;       ///< a second process runs under the name of the first front-end
  bool supervised = true;  ///< deaths are seen and told; else leases must run out

  microseconds delay{1'000};  ///< mean of a message
  double slow = 0.02;         ///< share of messages that take up to `slow_delay`
  microseconds slow_delay{100'000};
  double loss = 0.01;
  double duplication = 0.02;
  microseconds fault_interval{100'000};  ///< mean between two faults
  milliseconds longest_fault{400};
  bool restores = false;        ///< now and then the database comes back from a copy, under a new epoch
  bool often_restores = false;  ///< not so seldom
};

[[nodiscard]] Parameters draw_parameters(Random& random, const Rules& rules);

}  // namespace bazar::simulation
