#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/task.hpp"

namespace bazar::frontend {

/// The way to one cache server. Used on one loop, one exchange at a time.
class CacheConnection {
 public:
  struct Put {
    std::string key;
    std::string value;
    bool only_in_place = false;  ///< only where the key is present
  };
  /// Without keys and puts it is a probe, whether the server answers.
  struct Exchange {
    std::vector<std::string> keys;  ///< each once
    std::vector<Put> puts;
  };
  struct Answer {
    std::vector<std::optional<std::string>> values;  ///< one a key, in their order
    std::size_t refused_puts = 0;                    ///< by the server: too large, out of memory
  };
  /// What is put goes by itself after this time: of former epochs nothing else would remove it.
  static constexpr std::chrono::seconds time_to_live{3'600};

  virtual ~CacheConnection() = default;
  /// Connects first where that is needed. Throws Outage, and the next exchange connects anew.
  virtual Task<Answer> exchange(Exchange exchange) = 0;
  /// The exchange under way, if there is one, throws soon.
  virtual void abandon() = 0;
};

/// Makes the connection on the loop where it is used.
using MakeCacheConnection = std::function<std::unique_ptr<CacheConnection>(Loop&)>;

}  // namespace bazar::frontend
