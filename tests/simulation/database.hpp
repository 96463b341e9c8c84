#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "catalog/coherence/write_round.hpp"
#include "messages.hpp"
#include "random.hpp"

namespace bazar::simulation {

struct MemberRow {
  std::string name;
  std::string incarnation;
  int process = 0;
  catalog::MemberState state = catalog::MemberState::live;
  milliseconds lease{0};
  std::int64_t order = 0;  ///< when it was entered
};

/// What is committed.
struct State {
  std::string epoch;
  Revision revision = 0;
  std::vector<BookValue> books;
  std::vector<MemberRow> members;
  std::map<Key, WriteAnswer> keys;

  [[nodiscard]] const MemberRow* find_member(const std::string& name, const std::string& incarnation) const;
  /// Front-ends not yet gone.
  [[nodiscard]] std::vector<catalog::LeaseHolder> lease_holders() const;
  /// Of that name, the one that is live, else the one that was revoked last. Null where all are gone.
  [[nodiscard]] const MemberRow* current_member(const std::string& name) const;
  /// Enters the row or raises its state: a state never goes back.
  void raise(const MemberRow& row);
};

[[nodiscard]] catalog::LeaseHolder to_holder(const MemberRow& row);

/// The writers' lock of all processes. It does not care for order, nor whether its holder runs.
class WritersLock {
 public:
  using Granted = std::function<void()>;

  explicit WritersLock(Random& random) : random_(random) {}
  /// Calls `granted` once the lock is `owner`'s.
  void acquire(int owner, Granted granted);
  /// Also of one who only waits: a process's death does the same.
  void release(int owner);
  [[nodiscard]] std::optional<int> holder() const { return holder_; }

 private:
  struct Waiting {
    int owner = 0;
    Granted granted;
  };
  void pass_on();

  Random& random_;
  std::optional<int> holder_;
  std::vector<Waiting> waiting_;
};

/// The database that all catalog processes share.
struct Database {
  explicit Database(Random& random) : lock(random) {}
  State state;
  std::optional<State> copy;  ///< what a restore brings back
  int epochs = 0;
  std::int64_t orders = 0;
  WritersLock lock;
};

}  // namespace bazar::simulation
