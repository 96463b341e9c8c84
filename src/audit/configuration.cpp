#include "audit/configuration.hpp"

#include <algorithm>
#include <boost/container_hash/hash.hpp>

namespace bazar::audit::detail {

bool Configuration::has_taken(OperationIndex operation) const {
  return std::ranges::binary_search(taken, operation);
}

void Configuration::take(OperationIndex operation) {
  taken.insert(std::ranges::lower_bound(taken, operation), operation);
}

void Configuration::forget(OperationIndex operation) {
  const auto at = std::ranges::lower_bound(taken, operation);
  if (at != taken.end() && *at == operation) taken.erase(at);
}

std::size_t ConfigurationHash::operator()(const Configuration& configuration) const noexcept {
  std::size_t seed = boost::hash_range(configuration.taken.begin(), configuration.taken.end());
  boost::hash_combine(seed, configuration.price.minor);
  boost::hash_combine(seed, configuration.quantity);
  boost::hash_combine(seed, configuration.least);
  boost::hash_combine(seed, configuration.exact);
  boost::hash_combine(seed, configuration.settled);
  return seed;
}

bool observes(const Operation& operation, const Configuration& book) {
  switch (operation.kind) {
    case OperationKind::read:
      return operation.seen == BookState{book.price, book.quantity} &&
             (!operation.version ||
              (book.exact ? *operation.version == book.least : *operation.version >= book.least));
    case OperationKind::add_stock:
      return book.quantity + operation.count < 0;
    case OperationKind::buy:
      return book.quantity < operation.count;
    case OperationKind::set_price:
      break;
  }
  return false;
}

void settle(const Operation& read, Configuration& book) {
  book.settled = true;
  if (!read.version) return;
  book.least = *read.version;
  book.exact = true;
}

bool apply_write(const Operation& write, Configuration& book) {
  const bool charged = write.kind == OperationKind::buy && write.outcome == Outcome::done;
  if (charged && write.seen.price != book.price) return false;
  const std::int64_t change = write.kind == OperationKind::buy         ? -write.count
                              : write.kind == OperationKind::add_stock ? write.count
                                                                       : 0;
  if (book.quantity + change < 0) return false;
  const Revision earliest = book.settled ? book.least + 1 : book.least;
  if (write.version && *write.version < earliest) return false;

  if (write.kind == OperationKind::set_price) book.price = write.seen.price;
  book.quantity += change;
  book.least = write.version.value_or(earliest);
  book.exact = write.version.has_value();
  book.settled = false;
  return true;
}

}  // namespace bazar::audit::detail
