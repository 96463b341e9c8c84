#pragma once

#include <vector>

#include "load/plan.hpp"

namespace bazar::load {

// What a store has to ask for. Both wait for the store, and throw Unavailable where it does not answer as a
// store does.

/// The ids of its first books, in rising order, at most `most` of them.
[[nodiscard]] std::vector<BookId> find_books(const http::Endpoint& store, std::size_t most);
/// Its topics, each as often searched for as it has books.
[[nodiscard]] std::vector<Topic> find_topics(const http::Endpoint& store);

}  // namespace bazar::load
