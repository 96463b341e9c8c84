#pragma once

#include <algorithm>
#include <boost/describe/class.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "catalog/membership/member.hpp"

namespace bazar::catalog {

/// What one write batch is about to change; each live front-end must approve it before the commit
/// (docs/protocol.md, rules 1 to 3). The body of `POST /invalidate`.
struct Invalidation {
  std::string epoch;
  std::string incarnation;  ///< of the front-end that it is sent to
  Revision revision = 0;
  std::vector<BookId> books;
  bool listing = false;  ///< a title, a topic or the set of books changes
};
BOOST_DESCRIBE_STRUCT(Invalidation, (), (epoch, incarnation, revision, books, listing))

/// The body of a front-end's answer that approves.
struct ApprovalBody {
  /// Those of the books that it caches, or cached until a write: for these a refresh after the commit is of
  /// use. Empty also where they are more than Refresh::max_books, of which none would be sent. Left out by a
  /// front-end of an earlier release, and then taken for empty.
  std::optional<std::vector<BookId>> cached;
};
BOOST_DESCRIBE_STRUCT(ApprovalBody, (), (cached))

struct Approval {
  Member frontend;
  std::vector<BookId> cached;  ///< as ApprovalBody: a hint, on which no promise depends
};

/// What front-ends said to an invalidation.
struct Answers {
  std::vector<Approval> approved = {};
  std::vector<Member> silent = {};  ///< who refused, or was not heard in time
};

/// Whether a refresh is of use to anybody.
[[nodiscard]] inline bool is_cached_anywhere(std::span<const Approval> approvals) {
  return std::ranges::any_of(approvals, [](const Approval& approval) { return !approval.cached.empty(); });
}

/// Carries invalidations to front-ends. Called on the writer's thread, with the write transaction open:
/// bounded in time.
class Invalidator {
 public:
  virtual ~Invalidator() = default;
  /// Asks all `members` at once (each with its own incarnation) and returns when each has approved or its
  /// time is up.
  [[nodiscard]] virtual Answers ask(const Invalidation& invalidation, std::span<const Member> members) = 0;
};

}  // namespace bazar::catalog
