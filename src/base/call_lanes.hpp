#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace bazar {

/// When the requests that gather should go as the next batched call. The first goes at once. Beside calls
/// under way another goes only when it is no smaller than the smallest of them: each call costs its own
/// round trip, transaction and wait for the disk, so that many small ones would be slower for everybody. A
/// pure state machine; a caller that is told to hold asks again as requests come, as calls end, and after a
/// time of its own choice with `held` set, so that a call to a frozen server holds up nobody for long.
class CallLanes {
 public:
  /// Whether a call of `waiting` requests may begin where at most `lanes` may be under way.
  [[nodiscard]] bool may_begin(std::size_t waiting, std::size_t lanes, bool held = false) const {
    if (waiting == 0 || sizes_.size() >= lanes) return false;
    return sizes_.empty() || held || waiting >= std::ranges::min(sizes_);
  }

  void began(std::size_t size) { sizes_.push_back(size); }
  void ended(std::size_t size) { sizes_.erase(std::ranges::find(sizes_, size)); }

  [[nodiscard]] std::size_t under_way() const { return sizes_.size(); }

 private:
  std::vector<std::size_t> sizes_;
};

}  // namespace bazar
