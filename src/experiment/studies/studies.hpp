#pragma once

#include "experiment/laboratory.hpp"
#include "experiment/report.hpp"

namespace bazar::experiment {

// A new study is a file here, a line here and one in study.cpp's list.
[[nodiscard]] Section study_cache(Laboratory& laboratory);
[[nodiscard]] Section study_replication(Laboratory& laboratory);
[[nodiscard]] Section study_invalidation(Laboratory& laboratory);
[[nodiscard]] Section study_cache_size(Laboratory& laboratory);
[[nodiscard]] Section study_purchases(Laboratory& laboratory);
[[nodiscard]] Section study_frontends(Laboratory& laboratory);
[[nodiscard]] Section study_crash(Laboratory& laboratory);
[[nodiscard]] Section study_cluster(Laboratory& laboratory);

}  // namespace bazar::experiment
