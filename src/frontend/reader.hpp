#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/task.hpp"
#include "catalog/client.hpp"
#include "frontend/cache/entry.hpp"
#include "observe/metrics.hpp"

namespace bazar::frontend {

class CoherentCache;

/// How an answer came about (RFC 9211).
enum class CacheStatus : std::uint8_t {
  hit,
  miss,    ///< fetched from a catalog
  bypass,  ///< fetched because the cache may not be used: none configured, or no valid lease
};

template <class Entry>
struct Read {
  std::shared_ptr<const Entry> entry;  ///< null: there is no such book, or no book has that topic
  CacheStatus status = CacheStatus::miss;
  std::string replica;  ///< the catalog that answered; empty on a hit
  /// Set where a standby answered, since no primary did: the revision that it was at. To be shown with the
  /// answer, which may be old.
  std::optional<Revision> labelled = {};
};

/// Reads books through the process's coherent cache. Misses are gathered: while as many `GET /books?ids=…` as
/// there are catalogs are in flight, the next call fills; a lone miss goes at once. Requests for one book
/// share one fetch where the answer satisfies the floor of each (docs/protocol.md, rule 5). One a loop, used
/// on it and destroyed before it; all readers of a process share the cache.
class Reader {
 public:
  Reader(CoherentCache& cache, catalog::Client catalog, const Clock& clock, observe::Metrics& metrics);
  ~Reader();

  /// Throws Unavailable, DeadlineExceeded, Overloaded.
  Task<Read<BookEntry>> book(BookId id, SteadyTime deadline, const observe::TraceContext& trace);
  /// The first page (1,000 titles) of a topic, by id. A miss also fills the entries of its books.
  Task<Read<TopicEntry>> topic(std::string topic, SteadyTime deadline, const observe::TraceContext& trace);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace bazar::frontend
