#pragma once

#include <span>
#include <unordered_set>
#include <vector>

#include "audit/linearizability.hpp"
#include "audit/timeline.hpp"

namespace bazar::audit::detail {

using Configurations = std::unordered_set<Configuration, ConfigurationHash>;

/// Operations under way that differ in nothing that matters to the book: any of them may stand for another,
/// so the one that is due first goes first.
struct Interchangeable {
  OperationIndex first = 0;             ///< the one whose values are looked at
  std::vector<OperationIndex> members;  ///< by when they are answered
};

/// Just-in-time linearization (Lowe 2017): follows every configuration that explains the answers so far. An
/// operation takes effect only when an answer needs it.
///
/// Kept small by:
/// - *who is due first goes first*, among interchangeable operations; unknown purchases after those that are
///   known to have happened;
/// - *observations are taken at once* where that says nothing new about the version;
/// - *no step without a purpose*: purchases commute, so others go before one only for the sake of something
///   that can tell the difference;
/// - *hopeless configurations are dropped*: one in which an operation under way could never be explained by
///   what is under way or begins before its answer.
class Search {
 public:
  Search(std::span<const Operation> history, const BookState& initial, std::size_t max_configurations);

  enum class Step { fine, impossible, too_many };
  /// The next event of the timeline. After anything but `fine`, the search is over.
  [[nodiscard]] Step advance();
  [[nodiscard]] bool finished() const { return now_ == timeline_.events().size(); }
  /// The operation of the last event.
  [[nodiscard]] OperationIndex current() const { return timeline_.events()[now_ - 1].operation; }

  /// What was possible before the last event.
  [[nodiscard]] const Configurations& configurations() const { return configurations_; }
  [[nodiscard]] std::vector<OperationIndex> under_way() const;

 private:
  void begin(OperationIndex operation);
  Step answer(OperationIndex operation);
  void end(OperationIndex operation);

  [[nodiscard]] bool matters(const Operation& operation) const;

  struct Demand;
  void explore(Demand& demand, Configuration from) const;
  void try_step(Demand& demand, const Configuration& from, const Interchangeable& kind) const;
  [[nodiscard]] bool is_purposeful(const Interchangeable& kind, const Configuration& from) const;
  [[nodiscard]] bool has_sure_twin(const Operation& unknown, const Configuration& from) const;
  [[nodiscard]] std::optional<OperationIndex> next_of(const Interchangeable& kind,
                                                      const Configuration& in) const;

  void take_what_shows(Configuration& configuration) const;
  void take_all(const Interchangeable& kind, Configuration& configuration) const;
  [[nodiscard]] bool is_hopeless(const Configuration& configuration) const;
  [[nodiscard]] bool may_still_happen(const Operation& operation, Position due,
                                      const Configuration& book) const;
  [[nodiscard]] bool price_may_come(Money price, Position due, const Configuration& book) const;
  void retire_unknown();

  std::vector<Operation> history_;  ///< without what does not matter
  Timeline timeline_;
  std::size_t max_configurations_;
  Position now_ = 0;
  std::vector<Interchangeable> under_way_;
  Configurations configurations_;
};

}  // namespace bazar::audit::detail
