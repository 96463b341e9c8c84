#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <string>

namespace bazar::cli {

/// The flags of a front-end that `up` takes too.
struct FrontendOptions {
  std::string cache = "lru://?entries=100000";
  std::int64_t cache_entries = 0;  ///< 0: as `cache` says
  unsigned rate_limit = 0;         ///< requests a second a client address; 0: none
};
void add_frontend_options(CLI::App& command, FrontendOptions& options);

/// What `--cache` and its shorthand `--cache-entries` come to.
[[nodiscard]] std::string cache_of(const FrontendOptions& options);

}  // namespace bazar::cli
