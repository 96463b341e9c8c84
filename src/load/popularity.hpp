#pragma once

#include <boost/random/discrete_distribution.hpp>
#include <cstddef>
#include <variant>
#include <vector>

#include "load/random.hpp"
#include "load/zipf.hpp"

namespace bazar::load {

/// Which of n things is asked for next. Constant time a draw.
class Popularity {
 public:
  /// The thing at place 0 most often.
  static Popularity zipf(std::size_t n, double exponent);
  /// In proportion to `weights` (≥ 0, their sum > 0): Walker's alias method.
  static Popularity weighted(const std::vector<double>& weights);

  /// A place from 0 to n - 1.
  [[nodiscard]] std::size_t draw(Random& random);

 private:
  using Alias = boost::random::discrete_distribution<std::size_t, double>;
  using Law = std::variant<Zipf, Alias>;

  explicit Popularity(Law law) : law_(std::move(law)) {}

  Law law_;
};

}  // namespace bazar::load
