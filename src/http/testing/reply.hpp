#pragma once

#include "http/router.hpp"

namespace bazar::http::testing {

/// What a handler returned, as a coroutine in either case.
inline Task<Response> whole(Reply reply) {
  if (auto* const later = std::get_if<Task<Response>>(&reply)) co_return co_await std::move(*later);
  co_return std::get<Response>(std::move(reply));
}

}  // namespace bazar::http::testing
