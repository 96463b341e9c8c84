#include "load/popularity.hpp"

namespace bazar::load {

Popularity Popularity::zipf(std::size_t n, double exponent) { return Popularity(Zipf(n, exponent)); }

Popularity Popularity::weighted(const std::vector<double>& weights) {
  return Popularity(Alias(weights.begin(), weights.end()));
}

std::size_t Popularity::draw(Random& random) {
  if (const auto* zipf = std::get_if<Zipf>(&law_)) return zipf->draw(random) - 1;
  return std::get<Alias>(law_)(random);
}

}  // namespace bazar::load
