#pragma once

#include <string>
#include <vector>

#include "experiment/table.hpp"
#include "report/statistics.hpp"
#include "report/svg_plot.hpp"

namespace bazar::experiment {

/// Response times, in milliseconds, of the same operations under several set-ups that took turns in rounds.
class Latencies {
 public:
  Latencies(std::vector<std::string> setups, std::vector<std::string> operations);

  /// Rounds are counted from 0.
  void add(std::size_t round, std::size_t setup, std::size_t operation, double ms);

  [[nodiscard]] const std::vector<std::string>& setups() const { return setups_; }
  [[nodiscard]] const std::vector<std::string>& operations() const { return operations_; }

  // Of a pair that was measured in every round.

  /// Over all rounds.
  [[nodiscard]] report::Distribution distribution(std::size_t setup, std::size_t operation) const;
  /// By round, without those in which it was not measured.
  [[nodiscard]] std::vector<double> medians(std::size_t setup, std::size_t operation) const;
  /// Of the medians.
  [[nodiscard]] report::Estimate median(std::size_t setup, std::size_t operation) const;
  /// How many times as long `setup` takes as `other`.
  [[nodiscard]] report::Estimate ratio(std::size_t setup, std::size_t other, std::size_t operation) const;
  /// By how many milliseconds `setup` takes longer than `other`.
  [[nodiscard]] report::Estimate difference(std::size_t setup, std::size_t other,
                                            std::size_t operation) const;

 private:
  using Rounds = std::vector<std::vector<double>>;
  [[nodiscard]] const Rounds& rounds_of(std::size_t setup, std::size_t operation) const;

  std::vector<std::string> setups_;
  std::vector<std::string> operations_;
  std::vector<Rounds> samples_;  ///< by setup and operation
};

/// A row for each operation and set-up.
[[nodiscard]] Table latency_table(const Latencies& latencies, std::string name, std::string caption);
/// A group of bars for each operation, one for each set-up: the medians.
[[nodiscard]] std::string latency_plot(const Latencies& latencies, std::string title);

}  // namespace bazar::experiment
