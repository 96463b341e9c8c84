#pragma once

#include <boost/describe/class.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "catalog/book.hpp"
#include "catalog/coherence/invalidation.hpp"

namespace bazar::catalog {

/// A book as a committed revision left it. For as long as no later write has changed it, what was read
/// `as_of` that revision.
struct RefreshedBook {
  Revision as_of = 0;
  Book book;
};
BOOST_DESCRIBE_STRUCT(RefreshedBook, (), (as_of, book))

/// New values after a commit: the body of `POST /refresh`. To a front-end each is one more fill, so that it
/// may be lost, late, doubled or out of order (docs/protocol.md, rule 5).
struct Refresh {
  /// Of one message. An approval may have to wait for one at a front-end, so it takes no more than
  /// about a millisecond to take in.
  static constexpr std::size_t max_books = 100;
  static constexpr std::size_t max_bytes = std::size_t{256} << 10;

  std::string epoch;
  std::vector<RefreshedBook> books;
};
BOOST_DESCRIBE_STRUCT(Refresh, (), (epoch, books))

/// Carries the new values of a committed batch to those who approved it and cache the books. Called on the
/// writer's thread: hands over and returns, nobody waits for the sending, and what cannot be sent is dropped.
class Refresher {
 public:
  virtual ~Refresher() = default;
  /// `books` as `as_of` left them. Each is sent to those of `approvals` that name it as cached; who names
  /// more than Refresh::max_books is sent none.
  virtual void send(const std::string& epoch, Revision as_of, std::vector<Book> books,
                    std::span<const Approval> approvals) = 0;
};

}  // namespace bazar::catalog
