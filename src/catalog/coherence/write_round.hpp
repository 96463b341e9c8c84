#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "catalog/membership/member.hpp"

namespace bazar::catalog {

/// A front-end that may answer from its cache, for all that the database knows: `live` or `revoked`.
struct LeaseHolder {
  Member member;
  milliseconds lease{
      0};  ///< as granted at its registration: every replica waits the same, whatever its own settings
};

/// How far clocks may be wrong (docs/protocol.md, rule 2).
struct LeaseTiming {
  double clock_rate_error = 0.01;  ///< ρ: how much faster or slower a front-end's clock may run
  milliseconds slack{50};          ///< δ: on top, for what a rate does not cover
};

/// Decides what a write batch owes the front-ends before it may commit (docs/protocol.md, rules 1, 2 and 6),
/// and remembers between batches since when each revoked one has been known to be so. No thread, clock or
/// database inside: the caller does what the returned action says. One for each writer of a process; not
/// thread-safe.
///
///     begin ─► Commit                          nobody to ask
///     begin ─► Ask ─ answered ─► Commit        all approved
///     begin ─► Ask ─ answered ─► Revoke ─ revoked ─► Wait ─► begin …
///     begin ─► Wait ─► begin …                 somebody was found revoked
class WriteRound {
 public:
  /// Ask these, with the transaction open, then call `answered`.
  struct Ask {
    std::vector<Member> members;
  };
  /// Set these `gone` in the same transaction, commit, then call `committed`.
  struct Commit {
    std::vector<Member> gone;
  };
  /// Roll back, commit `revoked` for these in a transaction of its own, release the writers' lock, then call
  /// `revoked`.
  struct Revoke {
    std::vector<Member> members;
  };
  /// Roll back, release the writers' lock, and begin again with everything read anew when the time has come,
  /// or earlier on news.
  struct Wait {
    SteadyTime until;
  };
  using Action = std::variant<Ask, Commit, Revoke, Wait>;

  explicit WriteRound(LeaseTiming timing) : timing_(timing) {}

  /// What is told from now on is of this epoch. What was found in another one is forgotten: where a database
  /// has lost what it told, who was revoked in it may be live.
  void enter_epoch(const std::string& epoch);
  [[nodiscard]] const std::string& epoch() const { return epoch_; }

  /// A batch has been applied, uncommitted. `holders` are all front-ends not yet gone, as committed before
  /// the batch; `now` was read after them.
  [[nodiscard]] Action begin(std::span<const LeaseHolder> holders, bool changes_books, SteadyTime now);

  /// `silent` are those asked that did not approve.
  [[nodiscard]] Action answered(std::span<const Member> silent);

  /// The revocation that was wanted is committed; `now` was read after that.
  [[nodiscard]] Wait revoked(SteadyTime now);

  /// The batch is committed. `replaced` were revoked by a registration in it; `now` was read after the
  /// commit.
  void committed(std::span<const LeaseHolder> replaced, SteadyTime now);

  /// During a wait: until when one is owed, with the holders as they are now committed. The past where none
  /// of those waited for is left, because another process has learned of their deaths. Who has been revoked
  /// meanwhile is known to be so from `now` on, which was read after the holders: so deaths in a row are
  /// waited out side by side, not one after the other.
  [[nodiscard]] SteadyTime wait_end(std::span<const LeaseHolder> holders, SteadyTime now);

  /// This incarnation is known to be dead, or has said that it answers nobody any more: no wait is owed to
  /// it.
  void died(Role role, const std::string& name, const std::string& incarnation);

 private:
  using Key = std::tuple<Role, std::string, std::string>;
  [[nodiscard]] static Key key_of(const Member& member);
  [[nodiscard]] SteadyTime lease_end(const LeaseHolder& holder, SteadyTime since) const;
  void forget_all_but(std::span<const LeaseHolder> holders);

  LeaseTiming timing_;
  std::string epoch_;
  std::map<Key, SteadyTime>
      revoked_since_;  // on this process's clock: the row was committed as revoked by then
  std::set<Key> dead_;
  std::vector<LeaseHolder> asked_;
  std::vector<LeaseHolder> silent_;
  std::vector<Member> gone_;
};

}  // namespace bazar::catalog
