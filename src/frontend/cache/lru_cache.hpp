#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/assert.hpp"

namespace bazar::frontend {

/// Hash of texts that lets a `std::string` key be looked up by a view.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

/// A map of at most `capacity` entries: what was used longest ago goes first. Every operation is O(1). With a
/// transparent `Hash` and `Equal`, keys are found by anything that compares with them. Pure; not thread-safe.
template <class Key, class Value, class Hash = std::hash<Key>, class Equal = std::equal_to<>>
class LruCache {
 public:
  using Entry = std::pair<Key, Value>;

  /// A capacity of 0 keeps nothing: each `put` evicts what it was given.
  explicit LruCache(std::size_t capacity) : capacity_(capacity) {}
  LruCache(const LruCache&) = delete;
  LruCache& operator=(const LruCache&) = delete;

  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  /// The value, and its entry is now the one used last; null where there is none. Valid until the next `put`,
  /// `erase` or `clear`.
  template <class Lookup>
  [[nodiscard]] Value* find(const Lookup& key) {
    const auto at = nodes_.find(key);
    if (at == nodes_.end()) return nullptr;
    touch(at->second);
    return &at->second.value;
  }

  /// As `find`, but is no use: the order stays.
  template <class Lookup>
  [[nodiscard]] const Value* peek(const Lookup& key) const {
    const auto at = nodes_.find(key);
    return at == nodes_.end() ? nullptr : &at->second.value;
  }

  /// The same, for changing the value in place.
  template <class Lookup>
  [[nodiscard]] Value* peek(const Lookup& key) {
    const auto at = nodes_.find(key);
    return at == nodes_.end() ? nullptr : &at->second.value;
  }

  /// Sets the value, which counts as a use. Returns the entry that had to go for it.
  [[nodiscard]] std::optional<Entry> put(Key key, Value value) {
    if (capacity_ == 0) return Entry{std::move(key), std::move(value)};
    const auto [at, inserted] = nodes_.try_emplace(std::move(key));
    Node& node = at->second;
    node.value = std::move(value);
    if (!inserted) {
      touch(node);
      return std::nullopt;
    }
    node.key = &at->first;
    link_newest(node);
    if (nodes_.size() <= capacity_) return std::nullopt;
    return take_oldest();
  }

  /// Removes the entry and hands out its value; empty where there is none.
  template <class Lookup>
  std::optional<Value> erase(const Lookup& key) {
    const auto at = nodes_.find(key);
    if (at == nodes_.end()) return std::nullopt;
    unlink(at->second);
    std::optional<Value> value(std::move(at->second.value));
    nodes_.erase(at);
    return value;
  }

  void clear() {
    nodes_.clear();
    newest_ = oldest_ = nullptr;
  }

 private:
  // The map's nodes never move, so they carry the order themselves, and an entry is one allocation.
  struct Node {
    Value value{};
    const Key* key = nullptr;
    Node* newer = nullptr;
    Node* older = nullptr;
  };

  void touch(Node& node) {
    if (newest_ == &node) return;
    unlink(node);
    link_newest(node);
  }

  void link_newest(Node& node) {
    node.newer = nullptr;
    node.older = newest_;
    (newest_ ? newest_->newer : oldest_) = &node;
    newest_ = &node;
  }

  void unlink(Node& node) {
    (node.newer ? node.newer->older : newest_) = node.older;
    (node.older ? node.older->newer : oldest_) = node.newer;
  }

  Entry take_oldest() {
    BAZAR_ASSERT(oldest_ != newest_, "the entry just put is never the one that goes");
    Node& node = *oldest_;
    unlink(node);
    auto taken = nodes_.extract(nodes_.find(*node.key));
    return {std::move(taken.key()), std::move(taken.mapped().value)};
  }

  std::size_t capacity_;
  std::unordered_map<Key, Node, Hash, Equal> nodes_;
  Node* newest_ = nullptr;
  Node* oldest_ = nullptr;
};

}  // namespace bazar::frontend
