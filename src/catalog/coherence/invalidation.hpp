#pragma once

#include <boost/describe/class.hpp>
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

/// Carries invalidations to front-ends. Called on the writer's thread, with the write transaction open:
/// bounded in time.
class Invalidator {
 public:
  virtual ~Invalidator() = default;
  /// Asks all `members` at once (each with its own incarnation) and returns when each has approved or its
  /// time is up. The result is those that did not approve.
  [[nodiscard]] virtual std::vector<Member> ask(const Invalidation& invalidation,
                                                std::span<const Member> members) = 0;
};

}  // namespace bazar::catalog
