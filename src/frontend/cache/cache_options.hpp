#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "frontend/coherence/coherent_cache.hpp"

namespace bazar::frontend {

/// Reads the `--cache` option: `lru://?entries=N` (1 … 100,000,000 books) or `none`. The error is a sentence
/// for the person who typed it.
[[nodiscard]] std::expected<CoherentCache::Options, std::string> parse_cache_options(std::string_view text);

}  // namespace bazar::frontend
