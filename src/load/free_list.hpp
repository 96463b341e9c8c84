#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

#include "load/dispatcher.hpp"

namespace bazar::load {

/// Connections, each listed at most once; the one that has been listed for the longest comes first. Constant
/// time, no allocation after the constructor: a doubly linked list by index, its own sentinel at the end.
class FreeList {
 public:
  explicit FreeList(std::size_t connections) : links_(connections + 1) {
    links_.back() = {sentinel(), sentinel()};
  }

  void push(Index connection) {
    Link& end = links_.back();
    links_[connection] = {end.previous, sentinel()};
    links_[end.previous].next = connection;
    end.previous = connection;
  }

  void remove(Index connection) {
    Link& link = links_[connection];
    if (link.next == unlisted) return;
    links_[link.previous].next = link.next;
    links_[link.next].previous = link.previous;
    link = {};
  }

  std::optional<Index> pop() {
    if (empty()) return std::nullopt;
    const Index first = links_.back().next;
    remove(first);
    return first;
  }

  [[nodiscard]] bool empty() const { return links_.back().next == sentinel(); }

 private:
  static constexpr Index unlisted = std::numeric_limits<Index>::max();
  struct Link {
    Index previous = unlisted;
    Index next = unlisted;
  };

  [[nodiscard]] Index sentinel() const { return static_cast<Index>(links_.size() - 1); }

  std::vector<Link> links_;
};

}  // namespace bazar::load
