#pragma once

#include <optional>
#include <string>
#include <vector>

#include "load/plan.hpp"
#include "load/result.hpp"

namespace bazar::load {

/// A few lines and a table, for a terminal.
[[nodiscard]] std::string report_text(const Plan& plan, const Result& result);
/// A JSON object with a line break; docs/bench.md says what its members mean.
[[nodiscard]] std::string report_json(const Plan& plan, const Result& result);
/// One HTML file with table and plots, no script, no reference to anything outside.
[[nodiscard]] std::string report_html(const Plan& plan, const Result& result);

/// `open loop, 2,000 a second (poisson), 64 connections, 10 s after 2 s of warm-up, seed 1`
[[nodiscard]] std::string in_words(const Plan& plan);
/// What of the figures is not what it seems, a sentence each: the generator was the limit, requests were sent
/// late or dropped.
[[nodiscard]] std::vector<std::string> warnings(const Plan& plan, const Result& result);
/// Of the answers with a Cache-Status; empty where none had one.
[[nodiscard]] std::optional<double> hit_ratio(const OperationResult& result);

}  // namespace bazar::load
