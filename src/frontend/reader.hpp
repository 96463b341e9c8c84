#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/deadline_list.hpp"
#include "base/errors.hpp"
#include "base/task.hpp"
#include "catalog/client.hpp"
#include "frontend/cache/entry.hpp"
#include "frontend/coherence/frontend_protocol.hpp"
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

/// A hit in memory comes at once, and so does a refusal; everything else is to be waited for.
template <class Entry>
struct Reading {
  std::shared_ptr<const Entry> hit = nullptr;
  bool shed = false;  ///< more misses come than the catalogs can answer
  std::optional<Task<Read<Entry>>> later = std::nullopt;
  /// None of these: to be waited for by `Reader::wait`, under these terms.
  SharingTerms terms = {};
};

/// Who waits for a fetch without a coroutine. Told once: by `succeed`, on the loop and not within a call of
/// the reader, or by `fail`, wherever that may be, with Unavailable, DeadlineExceeded or Overloaded.
template <class E>
class Waiter : public DeadlineList::Entry {
 public:
  Waiter(SteadyTime until, const observe::TraceContext& context) : deadline(until), trace(context) {}
  virtual void succeed(Read<E> read) = 0;

  const SteadyTime deadline;
  const observe::TraceContext trace;
  SteadyTime came;  ///< when it began to wait: the reader's to set
};

/// Reads books through the process's coherent cache. Misses are gathered: while as many `GET /books?ids=…` as
/// there are catalogs are in flight, the next call fills; a lone miss goes at once. Requests for one book
/// share one fetch where the answer satisfies the floor of each (docs/protocol.md, rule 5). Where more come
/// than can be fetched, what waits is bounded in time (base/controlled_delay). One a loop, used on it and
/// destroyed before it; all readers of a process share the cache.
class Reader {
 public:
  Reader(CoherentCache& cache, catalog::Client catalog, const Clock& clock, observe::Metrics& metrics);
  ~Reader();

  /// Awaiting what comes later throws Unavailable, DeadlineExceeded, Overloaded.
  [[nodiscard]] Reading<BookEntry> book(BookId id, SteadyTime deadline, const observe::TraceContext& trace);
  /// For a book that `book` has just neither found nor promised.
  void wait(BookId id, const SharingTerms& terms, std::shared_ptr<Waiter<BookEntry>> waiter);
  /// The first page (1,000 titles) of a topic, by id. A miss also fills the entries of its books.
  [[nodiscard]] Reading<TopicEntry> topic(std::string topic, SteadyTime deadline,
                                          const observe::TraceContext& trace);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace bazar::frontend
