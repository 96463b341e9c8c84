#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "http/client.hpp"
#include "load/arrivals.hpp"
#include "load/mix.hpp"

namespace bazar::load {

/// Requests are due by a schedule, whether or not the servers keep up: the latency of one that has to wait
/// for a connection contains the wait.
struct OpenLoop {
  double rate_per_s = 1'000;
  ArrivalLaw law = ArrivalLaw::poisson;
  /// Requests that wait for a connection. One that comes while so many wait is dropped, and counted.
  std::size_t max_backlog = 100'000;
};

/// Each connection sends its next request when it has its answer: the peak rate at that concurrency. It
/// slows down together with the servers, so its latencies say nothing about what shoppers would wait.
struct ClosedLoop {
  milliseconds think_time{0};  ///< on average, exponentially distributed
};

using Pace = std::variant<ClosedLoop, OpenLoop>;

struct Topic {
  std::string name;
  double weight = 1;  ///< how often it is searched for, against the others
};

/// A load: who is asked for what, how fast, for how long.
struct Plan {
  std::vector<http::Endpoint> targets;  ///< connections are dealt to them in turn
  Mix mix;

  // What is asked for. Lookups and purchases need books, searches topics, fetches a path.
  std::vector<BookId> books;
  double zipf_exponent = 0.99;     ///< of the books' popularity, in the order of `books`
  std::vector<double> popularity;  ///< instead of Zipf's law, where not empty: a weight for each of `books`
  std::vector<Topic> topics;
  std::string path = "/";  ///< origin form, percent-encoded

  Pace pace = ClosedLoop{};
  std::size_t connections = 64;
  milliseconds warmup{2'000};      ///< load that is not measured
  milliseconds duration{10'000};   ///< load that is
  milliseconds timeout{5'000};     ///< from when a request was due: then the client gives up
  milliseconds sample_every{100};  ///< width of the time line's steps
  std::uint64_t seed = 1;          ///< of arrivals, operations and books
};

/// Into an order that depends on `seed` only, so that neighbours in popularity are none in the database.
void shuffle(std::vector<BookId>& books, std::uint64_t seed);
/// Ids 1 to `count`, shuffled.
[[nodiscard]] std::vector<BookId> shuffled_books(std::int64_t count, std::uint64_t seed);

}  // namespace bazar::load
