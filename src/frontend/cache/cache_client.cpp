#include "frontend/cache/cache_client.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_future.hpp>
#include <deque>
#include <future>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/deadline_list.hpp"
#include "base/oneshot.hpp"
#include "http/loop_pool.hpp"
#include "observe/log.hpp"

namespace bazar::frontend {
namespace {

using Exchange = CacheConnection::Exchange;
using Answer = CacheConnection::Answer;
using Put = CacheConnection::Put;
using Value = std::optional<std::string>;

constexpr std::size_t max_keys_per_exchange = 256;
// Puts are not to hold up the lookups behind them.
constexpr std::size_t max_puts_per_exchange = 32;
constexpr std::size_t max_put_bytes_per_exchange = std::size_t{256} << 10;

std::size_t size_of(const Put& put) { return put.key.size() + put.value.size(); }

/// One who waits for a value. It is completed once, by whoever takes it out of the list of deadlines.
class Waiting final : public DeadlineList::Entry {
 public:
  Waiting(std::string k, SteadyTime until, Completion<Value> done)
      : key(std::move(k)), deadline(until), done_(std::move(done)) {}
  void answer(Value value) { done_.set_value(std::move(value)); }
  /// Late, or stopped: as if nothing were there.
  void fail(std::exception_ptr /* a miss needs no reason */) override {
    given_up = true;
    answer(std::nullopt);
  }

  const std::string key;
  const SteadyTime deadline;
  bool given_up = false;

 private:
  Completion<Value> done_;
};
using WaitingPtr = std::shared_ptr<Waiting>;

struct Instruments {
  explicit Instruments(observe::Metrics& metrics)
      : timeouts(metrics.counter("bazar_cache_server_timeouts_total",
                                 "Lookups that the cache server did not answer in time")),
        failures(metrics.counter("bazar_cache_server_failures_total",
                                 "Exchanges with the cache server that failed, probes included")),
        refused_puts(metrics.counter("bazar_cache_server_refused_puts_total",
                                     "Entries that the cache server would not take")),
        dropped_puts(metrics.counter("bazar_cache_server_dropped_puts_total",
                                     "Entries not sent: the server is out of order, or too many wait")),
        dropped_lookups(
            metrics.counter("bazar_cache_server_dropped_lookups_total", "Lookups not sent: too many wait")),
        usable(metrics.gauge("bazar_cache_server_usable",
                             "1 while the cache server is asked, 0 while its circuit breaker is open")),
        batch_keys(metrics.histogram("bazar_cache_server_batch_keys", "Keys asked for in one exchange", {},
                                     {1, 2, 5, 10, 20, 50, 100, 256})) {}
  prometheus::Counter& timeouts;
  prometheus::Counter& failures;
  prometheus::Counter& refused_puts;
  prometheus::Counter& dropped_puts;
  prometheus::Counter& dropped_lookups;
  prometheus::Gauge& usable;
  prometheus::Histogram& batch_keys;
};

/// What waits to be sent. Filled by all threads.
class Inbox {
 public:
  explicit Inbox(const CacheClient::Options& options)
      : max_lookups_(options.max_lookups), max_put_bytes_(options.max_put_bytes) {}

  enum class Taken : std::uint8_t { no, yes, first /* of those that wait: wake the loop */ };

  Taken add(const WaitingPtr& waiting) {
    const std::lock_guard lock(mutex_);
    if (closed_ || lookups_.size() >= max_lookups_) return Taken::no;
    lookups_.push_back(waiting);
    return taken();
  }
  Taken add(Put put) {
    const std::lock_guard lock(mutex_);
    if (closed_ || put_bytes_ + size_of(put) > max_put_bytes_) return Taken::no;
    put_bytes_ += size_of(put);
    puts_.push_back(std::move(put));
    return taken();
  }
  [[nodiscard]] std::vector<WaitingPtr> take_lookups() {
    const std::lock_guard lock(mutex_);
    woken_ = false;
    return std::exchange(lookups_, {});
  }
  [[nodiscard]] std::vector<Put> take_puts() {
    std::vector<Put> taken;
    std::size_t bytes = 0;
    const std::lock_guard lock(mutex_);
    while (!puts_.empty() && taken.size() < max_puts_per_exchange && bytes < max_put_bytes_per_exchange) {
      bytes += size_of(puts_.front());
      taken.push_back(std::move(puts_.front()));
      puts_.pop_front();
    }
    put_bytes_ -= bytes;
    return taken;
  }
  [[nodiscard]] bool has_puts() const {
    const std::lock_guard lock(mutex_);
    return !puts_.empty();
  }
  /// Returns how many went.
  std::size_t drop_puts() {
    const std::lock_guard lock(mutex_);
    put_bytes_ = 0;
    return std::exchange(puts_, {}).size();
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }

 private:
  Taken taken() { return std::exchange(woken_, true) ? Taken::yes : Taken::first; }

  const std::size_t max_lookups_;
  const std::size_t max_put_bytes_;
  mutable std::mutex mutex_;
  bool closed_ = false;
  bool woken_ = false;
  std::vector<WaitingPtr> lookups_;
  std::deque<Put> puts_;
  std::size_t put_bytes_ = 0;
};

}  // namespace

class CacheClient::Impl {
 public:
  Impl(const MakeCacheConnection& connection, Options options, observe::Metrics& metrics,
       std::atomic<bool>& usable)
      : options_(options),
        instruments_(metrics),
        usable_(usable),
        inbox_(options),
        breaker_(options.breaker),
        connection_(connection(loop())),
        deadlines_(std::make_shared<DeadlineList>(clock_, "the cache server did not answer in time")) {
    served_ = asio::co_spawn(loop(), serve(), asio::use_future);
    loops_.start();
  }
  ~Impl() { stop(); }

  Task<Value> get(std::string key) {
    const SteadyTime deadline = clock_.now() + options_.patience;
    co_return co_await suspend_until_complete<Value>([this, &key, deadline](Completion<Value> done) {
      const auto waiting = std::make_shared<Waiting>(std::move(key), deadline, std::move(done));
      const auto taken = inbox_.add(waiting);
      if (taken == Inbox::Taken::no) {
        instruments_.dropped_lookups.Increment();
        waiting->answer(std::nullopt);
      }
      if (taken == Inbox::Taken::first) wake();
    });
  }

  bool put(Put put) {
    const auto taken = usable_ ? inbox_.add(std::move(put)) : Inbox::Taken::no;
    if (taken == Inbox::Taken::no) instruments_.dropped_puts.Increment();
    if (taken == Inbox::Taken::first) wake();
    return taken != Inbox::Taken::no;
  }

  void stop() {
    if (!served_.valid()) return;
    inbox_.close();
    asio::post(loop(), [this] {
      stopping_ = true;
      collect();
      deadlines_->stop(nullptr);
      connection_->abandon();
      idle_.cancel();
    });
    served_.get();
    loops_.stop();
  }

 private:
  /// And which key of the exchange is theirs.
  using Askers = std::vector<std::pair<WaitingPtr, std::size_t>>;

  Loop& loop() { return loops_.at(0); }

  void wake() {
    asio::post(loop(), [this] {
      collect();
      idle_.cancel();
    });
  }

  /// Lookups have a deadline as soon as the loop knows them, whatever the exchange under way does.
  void collect() {
    for (auto& waiting : inbox_.take_lookups()) {
      if (!usable_) {
        waiting->answer(std::nullopt);
        continue;
      }
      deadlines_->add(loop().get_executor(), waiting->deadline, waiting);
      lookups_.push_back(std::move(waiting));
    }
  }

  Task<> serve() {
    while (!stopping_) {
      if (!breaker_.closed()) {
        co_await pause(breaker_.pause());
        if (!stopping_) co_await attempt({}, {}, options_.probe_patience);
      } else if (lookups_.empty() && !inbox_.has_puts()) {
        co_await pause(std::chrono::hours(1));
      } else {
        co_await exchange();
      }
    }
    set_usable(false);
  }

  /// Ends early when there is work and the server may be asked, or on `stop`.
  Task<> pause(milliseconds time) {
    const SteadyTime until = clock_.now() + time;
    while (!stopping_ && clock_.now() < until &&
           (!breaker_.closed() || (lookups_.empty() && !inbox_.has_puts()))) {
      idle_.expires_at(until);
      boost::system::error_code woken;  // or not: what is to be done is looked at anew
      co_await idle_.async_wait(asio::redirect_error(use_task, woken));
    }
  }

  Task<> exchange() {
    Exchange sent;
    Askers askers;
    std::unordered_map<std::string_view, std::size_t> places;
    while (!lookups_.empty() && sent.keys.size() < max_keys_per_exchange) {
      WaitingPtr waiting = std::move(lookups_.front());
      lookups_.pop_front();
      if (waiting->given_up) continue;
      const auto [place, is_new] = places.try_emplace(waiting->key, sent.keys.size());
      if (is_new) sent.keys.push_back(waiting->key);
      askers.emplace_back(std::move(waiting), place->second);
    }
    sent.puts = inbox_.take_puts();
    if (sent.keys.empty() && sent.puts.empty()) co_return;
    if (!sent.keys.empty()) instruments_.batch_keys.Observe(static_cast<double>(sent.keys.size()));
    co_await attempt(std::move(sent), std::move(askers), options_.patience);
  }

  Task<> attempt(Exchange sent, Askers askers, milliseconds patience) {
    watch(patience);
    Answer answer;
    std::string trouble;
    try {
      answer = co_await connection_->exchange(std::move(sent));
    } catch (const std::exception& error) {
      trouble = error.what();  // whatever it is: a cache that fails is a cache without entries
    }
    ++watched_;
    for (auto& [waiting, place] : askers) {
      const bool in_time = deadlines_->remove(*waiting);
      if (in_time) waiting->answer(trouble.empty() ? answer.values[place] : std::nullopt);
      if (!in_time && !stopping_) instruments_.timeouts.Increment();
    }
    if (answer.refused_puts > 0)
      instruments_.refused_puts.Increment(static_cast<double>(answer.refused_puts));
    if (!stopping_) judge(trouble);
  }

  /// Ends an exchange that takes longer than `patience`.
  void watch(milliseconds patience) {
    watchdog_.expires_after(patience);
    watchdog_.async_wait([this, watched = ++watched_](const boost::system::error_code& error) {
      if (!error && watched == watched_) connection_->abandon();
    });
  }

  void judge(const std::string& trouble) {
    const bool was_closed = breaker_.closed();
    if (trouble.empty()) {
      breaker_.succeeded();
      if (!was_closed) observe::log_info("the cache server answers and is used");
    } else {
      instruments_.failures.Increment();
      const bool first_probe = !was_closed && breaker_.pause() == milliseconds(0);
      breaker_.failed();
      if (first_probe || (was_closed && !breaker_.closed())) {
        observe::log_warning("the cache server is out of order; reads go to the catalog until it answers",
                             {{"error", trouble}});
      }
    }
    set_usable(breaker_.closed());
  }

  void set_usable(bool usable) {
    usable_ = usable;
    instruments_.usable.Set(usable ? 1 : 0);
    if (usable) return;
    if (const auto dropped = inbox_.drop_puts(); dropped > 0)
      instruments_.dropped_puts.Increment(static_cast<double>(dropped));
    // Nobody is to wait for a server that is known not to answer.
    while (!lookups_.empty()) {
      const WaitingPtr waiting = std::move(lookups_.front());
      lookups_.pop_front();
      if (deadlines_->remove(*waiting)) waiting->answer(std::nullopt);
    }
  }

  const Options options_;
  Instruments instruments_;
  std::atomic<bool>& usable_;
  Inbox inbox_;
  SystemClock clock_;
  http::LoopPool loops_{1};
  // On the loop only, and bound to it:
  CircuitBreaker breaker_;
  std::unique_ptr<CacheConnection> connection_;
  std::shared_ptr<DeadlineList> deadlines_;
  std::deque<WaitingPtr> lookups_;
  Timer idle_{loop().get_executor()};
  Timer watchdog_{loop().get_executor()};
  std::uint64_t watched_ = 0;
  bool stopping_ = false;
  std::future<void> served_;
};

CacheClient::CacheClient(const MakeCacheConnection& connection, Options options, observe::Metrics& metrics)
    : impl_(std::make_unique<Impl>(connection, options, metrics, usable_)) {}
CacheClient::~CacheClient() = default;
Task<std::optional<std::string>> CacheClient::get(std::string key) { return impl_->get(std::move(key)); }
bool CacheClient::put(CacheConnection::Put put) { return impl_->put(std::move(put)); }
void CacheClient::stop() { impl_->stop(); }

}  // namespace bazar::frontend
