#include "frontend/reader.hpp"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/controlled_delay.hpp"
#include "base/deadline_list.hpp"
#include "base/errors.hpp"
#include "base/failpoint.hpp"
#include "base/oneshot.hpp"
#include "frontend/coherence/coherent_cache.hpp"
#include "frontend/coherence/single_flight.hpp"

namespace bazar::frontend {
namespace {

constexpr std::size_t max_books_per_call = 500;
constexpr std::size_t max_topic_calls = 16;
constexpr std::size_t topic_page = 1'000;
constexpr std::size_t max_waiting = 20'000;
// A fetch is shared, so its time is its own: a joiner does not lose it to the impatience of the first, and it
// does not last for as long as the most patient would wait.
constexpr milliseconds min_fetch_time{3'000};
constexpr milliseconds max_fetch_time{10'000};

/// A coroutine that waits.
template <class E>
class WaitingCoroutine final : public Waiter<E> {
 public:
  WaitingCoroutine(Completion<Read<E>> done, SteadyTime until, const observe::TraceContext& context)
      : Waiter<E>(until, context), done_(std::move(done)) {}

  void succeed(Read<E> read) override { done_.set_value(std::move(read)); }
  void fail(std::exception_ptr error) override { done_.set_error(std::move(error)); }

 private:
  Completion<Read<E>> done_;
};

/// Fetches of one kind: who waits for what, and how many calls are in flight.
template <class K, class E>
struct Lane {
  using Key = K;
  using Entry = E;
  using Flights = SingleFlight<Key, std::shared_ptr<Waiter<Entry>>>;
  using FetchPtr = typename Flights::FetchPtr;
  using Batch = std::vector<FetchPtr>;

  /// Who has been waiting, with what for.
  struct Served {
    std::shared_ptr<Waiter<Entry>> waiter;
    Read<Entry> read;
  };

  const std::size_t batch_limit;
  Flights flights{};
  std::size_t calls = 0;
  ControlledDelay delay{};
};
using BookLane = Lane<BookId, BookEntry>;
using TopicLane = Lane<std::string, TopicEntry>;

Overloaded overloaded() { return Overloaded("more is being looked up than the catalogs can answer"); }

/// What an answer says beside its value.
struct Origin {
  CacheStatus status;
  std::string replica;
  std::string epoch;
  Revision as_of = 0;
  std::optional<Revision> labelled;
};

template <class T>
Origin origin_of(bool leased, const catalog::Client::From<T>& answer) {
  const auto& snapshot = answer.snapshot;
  return {.status = leased ? CacheStatus::miss : CacheStatus::bypass,
          .replica = answer.replica,
          .epoch = snapshot.epoch,
          .as_of = snapshot.as_of,
          .labelled = snapshot.is_labelled() ? std::optional(snapshot.as_of) : std::nullopt};
}

}  // namespace

class Reader::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(CoherentCache& cache, catalog::Client catalog, const Clock& clock, observe::Metrics& metrics)
      : cache_(cache),
        catalog_(catalog),
        executor_(catalog_.upstream().executor()),
        clock_(clock),
        batch_books_(metrics.histogram("bazar_catalog_read_batch_books",
                                       "Books asked for in one call of a catalog", {},
                                       {1, 2, 5, 10, 20, 50, 100, 200, 500})),
        shed_(metrics.counter("bazar_shed_total", "Requests refused because more came than can be served.",
                              {{"where", "misses"}})),
        waiting_(std::make_shared<DeadlineList>(clock, "the catalog did not answer in time")) {}

  Reading<BookEntry> book(BookId id, SteadyTime deadline, const observe::TraceContext& trace) {
    auto lookup = cache_.look_up(id);
    if (lookup.found) return {.hit = std::move(lookup.found)};
    if (lookup.later) return {.later = read(books_, id, id, std::move(lookup.later), deadline, trace)};
    SharingTerms terms = cache_.sharing_terms(id);
    if (!admits(books_, id, terms)) return {.shed = true};
    return {.terms = std::move(terms)};
  }

  void wait(BookId id, const SharingTerms& terms, std::shared_ptr<Waiter<BookEntry>> waiter) {
    enlist(books_, id, terms, std::move(waiter));
  }

  Reading<TopicEntry> topic(std::string topic, SteadyTime deadline, const observe::TraceContext& trace) {
    auto lookup = cache_.look_up(topic);
    if (lookup.found) return {.hit = std::move(lookup.found)};
    if (!lookup.later && !admits(topics_, topic, cache_.sharing_terms(listing))) return {.shed = true};
    return {.later = read(topics_, std::move(topic), listing, std::move(lookup.later), deadline, trace)};
  }

  void stop() {
    stopped_ = true;
    waiting_->stop(std::make_exception_ptr(Unavailable("the front-end is stopping")));
  }

 private:
  /// Who shares a fetch adds nothing to what is waited for: only their number is bounded.
  template <class L>
  [[nodiscard]] bool admits(L& lane, const typename L::Key& key, const SharingTerms& terms) {
    const bool admitted =
        waiting_->size() < max_waiting &&
        (lane.flights.would_share(key, terms) || lane.delay.admits(clock_.now(), lane.flights.queued()));
    if (!admitted) shed_.Increment();
    return admitted;
  }

  /// Asks the cache server, where there is one, then a catalog.
  template <class L, class Object>
  Task<Read<typename L::Entry>> read(
      L& lane, typename L::Key key, Object object,
      std::optional<Task<std::shared_ptr<const typename L::Entry>>> from_server, SteadyTime deadline,
      observe::TraceContext trace) {
    std::shared_ptr<Impl> self;
    if (from_server) {
      self = shared_from_this();
      auto found = co_await *std::move(from_server);
      if (found) co_return Read<typename L::Entry>{std::move(found), CacheStatus::hit, {}};
      if (!admits(lane, key, cache_.sharing_terms(object))) throw overloaded();
    }
    co_return co_await wait(lane, std::move(key), cache_.sharing_terms(object), deadline, trace);
  }

  template <class L>
  Task<Read<typename L::Entry>> wait(L& lane, typename L::Key key, SharingTerms terms, SteadyTime deadline,
                                     observe::TraceContext trace) {
    using Result = Read<typename L::Entry>;
    co_return co_await suspend_until_complete<Result>([&](Completion<Result> done) {
      enlist(lane, key, terms,
             std::make_shared<WaitingCoroutine<typename L::Entry>>(std::move(done), deadline, trace));
    });
  }

  template <class L>
  void enlist(L& lane, const typename L::Key& key, const SharingTerms& terms,
              std::shared_ptr<Waiter<typename L::Entry>> waiter) {
    if (stopped_) return waiter->fail(std::make_exception_ptr(Unavailable("the front-end is stopping")));
    waiter->came = clock_.now();
    waiting_->add(executor_, waiter->deadline, waiter);
    lane.flights.request(key, terms, std::move(waiter));
    if (lane.flights.has_queued() && lane.calls < call_limit(lane)) {
      ++lane.calls;
      asio::co_spawn(executor_, run_calls(shared_from_this(), lane), asio::detached);
    }
  }

  [[nodiscard]] std::size_t call_limit(const BookLane& lane) {
    return lane.calls == 0 ? 1 : catalog_.upstream().replica_count();
  }
  [[nodiscard]] std::size_t call_limit(const TopicLane&) { return max_topic_calls; }

  /// One call after the other until nothing is queued. A lone miss goes at once; while calls are in flight,
  /// the next fills.
  template <class L>
  Task<> run_calls(std::shared_ptr<Impl> /* lives as long as its calls */, L& lane) {
    while (!stopped_ && lane.flights.has_queued()) {
      const auto batch = lane.flights.send(lane.batch_limit);
      shed_last(lane, lane.delay.taken(clock_.now(), batch.size(), batch.front()->first().front()->came,
                                       lane.flights.queued()));
      std::exception_ptr error;
      try {
        co_await fetch(batch);
      } catch (...) {
        error = std::current_exception();
      }
      if (error) fail(lane, batch, error);
    }
    --lane.calls;
  }

  template <class L>
  void shed_last(L& lane, std::size_t count) {
    if (count == 0) return;
    const auto error = std::make_exception_ptr(overloaded());
    for (const auto& waiter : lane.flights.drop_last(count)) {
      if (!waiting_->remove(*waiter)) continue;
      waiter->fail(error);
      shed_.Increment();
    }
  }

  // `batch` is kept by the caller's frame, which outlives these.
  Task<> fetch(const BookLane::Batch& batch);
  Task<> fetch(const TopicLane::Batch& batch);

  /// Adds to `served` who may have the answer.
  template <class L>
  void deliver(L& lane, const typename L::FetchPtr& fetch,
               const std::shared_ptr<const typename L::Entry>& entry, const Origin& origin,
               std::vector<typename L::Served>& served) {
    const auto may_share = [&](const SharingTerms& terms) { return terms.allow(origin.epoch, origin.as_of); };
    for (auto& waiter : lane.flights.answered(*fetch, may_share))
      served.push_back({std::move(waiter), {entry, origin.status, origin.replica, origin.labelled}});
  }

  /// Later, so that the next call is sent before the answers of this one are.
  template <class Served>
  void tell(std::vector<Served> served) {
    asio::post(executor_, [self = shared_from_this(), served = std::move(served)]() mutable {
      // Until now each had its deadline: nobody waits for good, whatever befalls the fetch.
      for (Served& one : served) {
        if (self->waiting_->remove(*one.waiter)) one.waiter->succeed(std::move(one.read));
      }
    });
  }

  template <class L>
  void fail(L& lane, const typename L::Batch& batch, const std::exception_ptr& error) {
    for (const auto& fetch : batch) {
      for (const auto& waiter : lane.flights.failed(*fetch)) {
        if (waiting_->remove(*waiter)) waiter->fail(error);
      }
    }
  }

  template <class FetchPtr>
  [[nodiscard]] SteadyTime deadline_of(const std::vector<FetchPtr>& batch) const {
    const SteadyTime now = clock_.now();
    SteadyTime deadline = now + min_fetch_time;
    for (const auto& fetch : batch) {
      for (const auto& waiter : fetch->first()) deadline = std::max(deadline, waiter->deadline);
    }
    return std::min(deadline, now + max_fetch_time);
  }

  CoherentCache& cache_;
  catalog::Client catalog_;
  const LoopExecutor executor_;
  const Clock& clock_;
  prometheus::Histogram& batch_books_;
  prometheus::Counter& shed_;
  std::shared_ptr<DeadlineList> waiting_;
  BookLane books_{.batch_limit = max_books_per_call};
  TopicLane topics_{.batch_limit = 1};
  bool stopped_ = false;
};

Task<> Reader::Impl::fetch(const BookLane::Batch& batch) {
  std::vector<BookId> ids;
  ids.reserve(batch.size());
  for (const auto& fetch : batch) ids.push_back(fetch->key);
  batch_books_.Observe(static_cast<double>(ids.size()));

  const bool leased = cache_.has_lease();
  auto answer =
      co_await catalog_.books(std::move(ids), deadline_of(batch), batch.front()->first().front()->trace);
  failpoint::reached("frontend.before_fill");
  if (stopped_) co_return;

  const Origin origin = origin_of(leased, answer);
  const catalog::EncodedBatch& found = answer.snapshot.value;
  auto book = found.books.begin();
  auto missing = found.missing.begin();
  std::vector<BookLane::Served> served;
  served.reserve(batch.size());
  // Books and what is missing come in the order asked for.
  for (const auto& fetch : batch) {
    std::shared_ptr<const BookEntry> entry;
    if (book != found.books.end() && book->id == fetch->key) {
      entry = make_entry(*book++, origin.epoch, origin.as_of);
      cache_.fill(entry);
    } else if (missing != found.missing.end() && *missing == fetch->key) {
      ++missing;
    } else {
      // An outage, but only for those who asked for it.
      fail(books_, {fetch}, std::make_exception_ptr(Unavailable("a catalog left a book out of its answer")));
      continue;
    }
    deliver(books_, fetch, entry, origin, served);
  }
  tell(std::move(served));
}

Task<> Reader::Impl::fetch(const TopicLane::Batch& batch) {
  const auto& fetch = batch.front();
  const bool leased = cache_.has_lease();
  const auto answer = co_await catalog_.by_topic(fetch->key, BookId{0}, topic_page, deadline_of(batch),
                                                 fetch->first().front()->trace);
  failpoint::reached("frontend.before_fill");
  if (stopped_) co_return;

  const Origin origin = origin_of(leased, answer);
  const auto& page = answer.snapshot.value;
  std::vector<TopicLane::Served> served;
  if (!page) {
    deliver(topics_, fetch, nullptr, origin, served);
    tell(std::move(served));
    co_return;
  }
  auto entry = make_entry(fetch->key, *page, origin.epoch, origin.as_of);
  cache_.fill(fetch->key, entry);
  deliver(topics_, fetch, entry, origin, served);
  tell(std::move(served));
  // From the end, so that in a small cache the books at the top of the list are those that stay.
  for (auto book = page->items.rbegin(); book != page->items.rend(); ++book) {
    cache_.fill(make_entry(*book, origin.epoch, origin.as_of));
  }
}

Reader::Reader(CoherentCache& cache, catalog::Client catalog, const Clock& clock, observe::Metrics& metrics)
    : impl_(std::make_shared<Impl>(cache, catalog, clock, metrics)) {}
Reader::~Reader() { impl_->stop(); }

Reading<BookEntry> Reader::book(BookId id, SteadyTime deadline, const observe::TraceContext& trace) {
  return impl_->book(id, deadline, trace);
}
void Reader::wait(BookId id, const SharingTerms& terms, std::shared_ptr<Waiter<BookEntry>> waiter) {
  impl_->wait(id, terms, std::move(waiter));
}
Reading<TopicEntry> Reader::topic(std::string topic, SteadyTime deadline,
                                  const observe::TraceContext& trace) {
  return impl_->topic(std::move(topic), deadline, trace);
}

}  // namespace bazar::frontend
