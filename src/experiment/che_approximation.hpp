#pragma once

#include <cstddef>
#include <span>

namespace bazar::experiment {

// How often an LRU cache is hit under independent requests (Che, Tung and Wang 2002, "Hierarchical Web
// Caching Systems: Modeling, Design and Experimental Results"; why it is that exact: Fricker, Robert and
// Roberts 2012). `popularity` has the share of requests of each object: positive, of sum 1.

/// After how many requests an object that is not asked for is evicted: t with Σ (1 − e^(−pᵢ t)) = `capacity`,
/// which is greater than 0 and less than the number of objects.
[[nodiscard]] double characteristic_time(std::span<const double> popularity, std::size_t capacity);

/// The share of requests that find their object: Σ pᵢ (1 − e^(−pᵢ t)). 1 where all objects fit.
[[nodiscard]] double lru_hit_ratio(std::span<const double> popularity, std::size_t capacity);

}  // namespace bazar::experiment
