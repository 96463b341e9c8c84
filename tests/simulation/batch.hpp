#pragma once

#include <set>
#include <vector>

#include "database.hpp"
#include "rules.hpp"

namespace bazar::simulation {

/// What an operation of a client does to the books when its batch commits.
struct Effect {
  OperationId operation = 0;
  audit::Outcome outcome = audit::Outcome::unknown;
};

/// The requests of one batch applied to an open transaction, as catalog::WriteBatch does it on SQLite.
class Batch {
 public:
  Batch(const State& committed, const Rules& rules, milliseconds lease, std::int64_t& orders);

  [[nodiscard]] WriteAnswer apply(const WriteRequest& request);
  void set_gone(const std::vector<catalog::Member>& members);
  /// Makes all of it the committed state.
  void commit_to(State& state) const;

  [[nodiscard]] Revision revision() const { return revision_; }
  [[nodiscard]] const std::set<Book>& changed() const { return changed_; }
  [[nodiscard]] const std::vector<BookValue>& books() const { return books_; }
  [[nodiscard]] const std::vector<catalog::LeaseHolder>& replaced() const { return replaced_; }
  [[nodiscard]] const std::vector<Effect>& effects() const { return effects_; }
  [[nodiscard]] const std::vector<MemberRow>& members() const { return members_; }
  [[nodiscard]] int replays() const { return replays_; }

 private:
  enum class Change : std::uint8_t { none, sale, edit };

  [[nodiscard]] WriteAnswer decide(const SetPrice& request);
  [[nodiscard]] WriteAnswer decide(const AddStock& request);
  [[nodiscard]] WriteAnswer decide(const Buy& request);
  [[nodiscard]] WriteAnswer decide(const Enroll& request);
  [[nodiscard]] WriteAnswer decide(const Retire& request);
  [[nodiscard]] WriteAnswer change_stock(const AddStock& request);
  [[nodiscard]] WriteAnswer sell(const Buy& request);
  [[nodiscard]] std::optional<WriteAnswer> replay(Key key);
  void remember(Key key, const WriteAnswer& answer);
  void mark_changed(Book book, Change change);
  [[nodiscard]] std::vector<MemberRow> live_namesakes(const std::string& name) const;
  void forget_old_incarnations(const std::string& name);
  void put(MemberRow row);
  [[nodiscard]] const MemberRow* find_member(const std::string& name, const std::string& incarnation) const;

  const State& committed_;
  const Rules& rules_;
  milliseconds lease_;
  std::int64_t& orders_;
  Revision before_;
  Revision revision_;
  std::vector<BookValue> books_;
  std::vector<Change> last_change_;
  std::set<Book> changed_;
  std::map<Key, WriteAnswer> keys_;
  std::vector<MemberRow> members_;                              ///< entered or changed, each once
  std::vector<std::pair<std::string, std::string>> forgotten_;  ///< name and incarnation
  std::vector<catalog::LeaseHolder> replaced_;
  std::vector<Effect> effects_;
  int replays_ = 0;
};

}  // namespace bazar::simulation
