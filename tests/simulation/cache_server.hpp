#pragma once

#include <optional>
#include <vector>

#include "process.hpp"

namespace bazar::simulation {

/// A cache server that front-ends share, as Redis is: storage without trust (docs/protocol.md, rule 9). It
/// loses entries, and may hand out one that has long been overwritten.
class CacheServer final : public Process {
 public:
  CacheServer(World& world, int node);
  void put(Book book, const Entry& entry);
  [[nodiscard]] std::optional<Entry> get(Book book);

 private:
  std::vector<std::deque<Entry>> kept_;  ///< of each book, the last ones
};

}  // namespace bazar::simulation
