#include "load/plan.hpp"

#include <boost/random/uniform_int_distribution.hpp>
#include <utility>

#include "load/random.hpp"

namespace bazar::load {

void shuffle(std::vector<BookId>& books, std::uint64_t seed) {
  Random random(seed);
  // Not std::shuffle, whose result is each standard library's own.
  for (std::size_t left = books.size(); left > 1; --left) {
    const boost::random::uniform_int_distribution<std::size_t> place(0, left - 1);
    std::swap(books[left - 1], books[place(random)]);
  }
}

std::vector<BookId> shuffled_books(std::int64_t count, std::uint64_t seed) {
  std::vector<BookId> books;
  books.reserve(static_cast<std::size_t>(count));
  for (std::int64_t id = 1; id <= count; ++id) books.push_back({id});
  shuffle(books, seed);
  return books;
}

}  // namespace bazar::load
