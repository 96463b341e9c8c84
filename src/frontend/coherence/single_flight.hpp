#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <iterator>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "frontend/coherence/frontend_protocol.hpp"

namespace bazar::frontend {

/// Lets requests for one key share one fetch, and gathers the keys to fetch next (docs/protocol.md, rule 5).
/// Who asks before a fetch is sent may have its answer whatever it is: it was read after they asked. Who asks
/// later joins the fetch under the terms of its arrival; if the answer does not meet them, it is among the
/// first of the next fetch. So nobody waits for more than two. Pure; not thread-safe.
template <class Key, class Waiter, class Hash = std::hash<Key>>
class SingleFlight {
 public:
  class Fetch {
   public:
    explicit Fetch(Key k) : key(std::move(k)) {}
    const Key key;
    /// Who had asked when it was sent.
    [[nodiscard]] const std::vector<Waiter>& first() const { return first_; }

   private:
    friend SingleFlight;
    struct Joiner {
      SharingTerms terms;
      Waiter waiter;
    };
    std::vector<Waiter> first_;
    std::vector<Joiner> joiners_;
  };
  using FetchPtr = std::shared_ptr<Fetch>;

  /// A request arrives. `terms` are those of this moment.
  void request(const Key& key, const SharingTerms& terms, Waiter waiter) {
    if (may_join(key, terms)) {
      in_flight_.at(key)->joiners_.push_back({terms, std::move(waiter)});
    } else {
      enqueue(key, std::move(waiter));
    }
  }

  /// Whether a request that arrives now shares a fetch that there is anyhow.
  [[nodiscard]] bool would_share(const Key& key, const SharingTerms& terms) const {
    return queued_.contains(key) || may_join(key, terms);
  }

  [[nodiscard]] bool has_queued() const { return !queue_.empty(); }
  [[nodiscard]] std::size_t queued() const { return queue_.size(); }

  /// At most `limit` fetches, longest queued first, which are to be sent now: who asks from here on only
  /// joins them.
  [[nodiscard]] std::vector<FetchPtr> send(std::size_t limit) {
    std::vector<FetchPtr> sent;
    sent.reserve(std::min(limit, queue_.size()));
    while (sent.size() < limit && !queue_.empty()) {
      FetchPtr fetch = std::move(queue_.front());
      queue_.pop_front();
      queued_.erase(fetch->key);
      in_flight_.insert_or_assign(fetch->key, fetch);
      sent.push_back(std::move(fetch));
    }
    return sent;
  }

  /// The `count` fetches that were queued last will not be sent: returns who waits for them.
  [[nodiscard]] std::vector<Waiter> drop_last(std::size_t count) {
    std::vector<Waiter> dropped;
    for (; count > 0 && !queue_.empty(); --count, queue_.pop_back()) {
      Fetch& last = *queue_.back();
      queued_.erase(last.key);
      std::ranges::move(last.first_, std::back_inserter(dropped));
    }
    return dropped;
  }

  /// The fetch has its answer: returns who may have it, by `may_share(terms)`; the other joiners are queued
  /// anew, behind what could not be sent with this fetch: that has waited for longer.
  template <class MayShare>
  [[nodiscard]] std::vector<Waiter> answered(Fetch& fetch, const MayShare& may_share) {
    land(fetch);
    std::vector<Waiter> served = std::exchange(fetch.first_, {});
    for (auto& joiner : std::exchange(fetch.joiners_, {})) {
      if (may_share(joiner.terms)) {
        served.push_back(std::move(joiner.waiter));
      } else {
        enqueue(fetch.key, std::move(joiner.waiter));
      }
    }
    return served;
  }

  /// The fetch will have no answer: returns all who still wait for it.
  [[nodiscard]] std::vector<Waiter> failed(Fetch& fetch) {
    return answered(fetch, [](const SharingTerms&) { return true; });
  }

 private:
  [[nodiscard]] bool may_join(const Key& key, const SharingTerms& terms) const {
    return terms.floor != FrontendProtocol::unreachable && in_flight_.contains(key);
  }

  /// A fetch of `key` that is queued already keeps its place.
  void enqueue(const Key& key, Waiter waiter) {
    FetchPtr& fetch = queued_[key];
    if (!fetch) {
      fetch = std::make_shared<Fetch>(key);
      queue_.push_back(fetch);
    }
    fetch->first_.push_back(std::move(waiter));
  }

  /// A later fetch of the same key may have taken its place meanwhile.
  void land(Fetch& fetch) {
    const auto at = in_flight_.find(fetch.key);
    if (at != in_flight_.end() && at->second.get() == &fetch) in_flight_.erase(at);
  }

  std::deque<FetchPtr> queue_;
  std::unordered_map<Key, FetchPtr, Hash> queued_;
  std::unordered_map<Key, FetchPtr, Hash> in_flight_;  ///< of each key the one sent last
};

}  // namespace bazar::frontend
