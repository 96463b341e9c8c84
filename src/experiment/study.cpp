#include "experiment/study.hpp"

#include <array>

#include "experiment/studies/studies.hpp"

namespace bazar::experiment {

std::span<const Study> all_studies() {
  using std::chrono::seconds;
  static constexpr std::array studies{
      Study{"cache", "response times with and without cache", seconds(30), seconds(4), study_cache},
      Study{"replication", "response times with and without replicas", seconds(40), seconds(5),
            study_replication},
      Study{"invalidation", "cost of writes that invalidate, and the miss after", seconds(60), seconds(8),
            study_invalidation},
      Study{"cache-size", "hit ratio by cache size, against theory", seconds(60), seconds(8),
            study_cache_size},
      Study{"purchases", "response times by the share of purchases", seconds(60), seconds(6),
            study_purchases},
      Study{"frontends", "throughput of 1, 2 and 3 front-ends", seconds(80), seconds(8), study_frontends},
      Study{"crash", "a process killed under load", seconds(60), seconds(15), study_crash},
      Study{"cluster", "three machines with PostgreSQL, and one of them killed", seconds(120), seconds(1),
            study_cluster},
  };
  return studies;
}

}  // namespace bazar::experiment
