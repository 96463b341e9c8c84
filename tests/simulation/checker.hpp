#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "audit/history.hpp"
#include "batch.hpp"

namespace bazar::simulation {

struct World;
class Frontend;

/// Which checks may fail a run. What clients see is checked always.
struct Checks {
  bool invariants = true;  ///< what must hold inside, seen by clients or not
  bool liveness = true;
};

/// One request of a client, from its first sending to its definite answer.
struct Operation {
  OperationId id = 0;
  int client = 0;
  audit::OperationKind kind = audit::OperationKind::read;
  std::vector<Line> lines;  ///< a read's or an edit's single book too
  std::int64_t price = 0;   ///< to be set
  Instant invoked;

  // The answer.
  Instant answered = Instant::max();
  audit::Outcome outcome = audit::Outcome::unknown;
  std::string epoch = {};
  BookValue seen = {};
  std::optional<Revision> version = {};
  std::vector<std::int64_t> prices = {};
};

/// Knows the truth: every committed state and every answer that a client had. Holds them against each other.
class Checker {
 public:
  Checker(World& world, Checks checks) : world_(world), checks_(checks) {}

  [[nodiscard]] bool failed() const { return !failure_.empty(); }
  [[nodiscard]] const std::string& failure() const { return failure_; }
  /// Records the first violation.
  void fail(std::string what);
  void fail_liveness(std::string what);

  // What happened inside.
  void epoch_began(const State& state);
  /// Called right after the batch became visible.
  void committed(const Batch& batch);
  void revoked(const std::string& incarnation);
  /// A front-end has accepted a lease that was granted at that time.
  void lease_accepted(const std::string& incarnation, Instant granted_at);
  void floors_changed(const Frontend& frontend);
  void hit(const Frontend& frontend, Book book, const Entry& entry);

  // What clients see.
  void answered(Operation operation);

  /// Nothing is under way and no client waits: searches the histories since the last time for an order that
  /// explains them, and forgets them.
  void check_histories();

 private:
  struct Commit {
    Instant at;
    BookValue value;
  };
  struct Epoch {
    std::vector<std::vector<Commit>> books;           ///< of each, what was committed, in order
    std::map<OperationId, audit::Outcome> decisions;  ///< with those that the epoch began with
    std::map<OperationId, audit::Outcome> inherited;
  };
  struct Floors {
    std::string incarnation;
    std::string epoch;
    std::vector<Revision> floors;
  };

  void check_read(const Operation& read);
  void check_epoch(const std::string& name, const Epoch& epoch);
  void check_book(const std::string& name, const Epoch& epoch, Book book);
  [[nodiscard]] std::optional<audit::Operation> to_audit(const Operation& operation, const std::string& name,
                                                         const Epoch& epoch, Book book) const;
  void check_nobody_could_serve_older(const Batch& batch);
  void decide(Epoch& epoch, const Effect& effect);

  World& world_;
  Checks checks_;
  std::string failure_;
  std::map<std::string, Epoch> epochs_;
  std::map<std::string, Instant> revoked_at_;
  std::map<int, Floors> floors_;
  std::vector<Operation> operations_;
};

/// In words, for the trace and for violations.
[[nodiscard]] std::string describe(const BookValue& value);
[[nodiscard]] std::string describe(const Operation& operation);

}  // namespace bazar::simulation
