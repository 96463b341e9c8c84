#pragma once

#include <boost/asio/post.hpp>
#include <concepts>
#include <exception>
#include <memory>
#include <utility>

#include "base/errors.hpp"
#include "frontend/gateway.hpp"
#include "frontend/routes/edge.hpp"
#include "http/router.hpp"

namespace bazar::frontend {

/// A session that waits, without a coroutine, for what a tier behind answers. Kept by a shared pointer.
class Awaited : public http::Later, public std::enable_shared_from_this<Awaited> {
 public:
  void tell(Told told) final { told_ = std::move(told); }

 protected:
  Awaited(Gateway& gateway, http::Request& request) : gateway_(gateway), request_(request) {}

  [[nodiscard]] Gateway& gateway() const { return gateway_; }
  [[nodiscard]] http::Request& request() const { return request_; }

  /// Answers with what `make` returns or throws. Once, on the loop.
  template <std::invocable Make>
  void answer(const Make& make) {
    http::Reply reply;
    std::exception_ptr error;
    try {
      reply = made_or_shed(make);
    } catch (...) {
      error = std::current_exception();
    }
    std::exchange(told_, nullptr)(std::move(error), std::move(reply));
  }

  /// The same at the loop's next turn: from wherever a failure is told.
  template <std::invocable Make>
  void answer_later(Make make) {
    asio::post(gateway_.loop, [self = shared_from_this(), make = std::move(make)] { self->answer(make); });
  }

 private:
  /// Who was let in and found no room further on is refused as those are who were not.
  template <class Make>
  http::Reply made_or_shed(const Make& make) {
    try {
      return make();
    } catch (const Overloaded&) {
      return shed(gateway_, request_);
    }
  }

  Gateway& gateway_;
  http::Request& request_;  ///< stays as long as its session waits
  Told told_;
};

}  // namespace bazar::frontend
