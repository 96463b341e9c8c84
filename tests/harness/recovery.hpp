#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/harness/cluster.hpp"

namespace bazar::harness {

/// How long it took until a stranger was served, by what was asked and of whom: `lookup through frontend-1`.
struct Recovery {
  std::map<std::string, milliseconds> by_service;
  [[nodiscard]] milliseconds longest() const;
  [[nodiscard]] std::string slowest() const;  ///< and what took it
};

/// From now on asks every front-end for a lookup, a purchase and an edit of `book`, each anew several times a
/// second and without waiting for those asked before, until each has been served once. Each attempt has
/// connections of its own, so that what is dead on the client's side is not counted against the store. Throws
/// std::runtime_error where that takes longer than `patience`.
[[nodiscard]] Recovery measure_recovery(const Cluster& cluster, std::int64_t book, milliseconds patience);

}  // namespace bazar::harness
