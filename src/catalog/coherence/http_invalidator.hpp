#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "catalog/coherence/invalidation.hpp"

namespace bazar::catalog {

struct HttpInvalidatorOptions {
  std::string service_token = {};
  /// How long a front-end may take. Well below what a buyer waits: the write transaction is open meanwhile.
  milliseconds patience{500};
};

/// Asks front-ends with `POST {control_url}/invalidate`, all at the same time, over connections kept from
/// call to call. 200 is an approval; any other answer, a fault or silence is none. Has a loop of its own that
/// runs only inside `ask`: call it from one thread at a time.
class HttpInvalidator final : public Invalidator {
 public:
  explicit HttpInvalidator(const HttpInvalidatorOptions& options);
  ~HttpInvalidator() override;
  [[nodiscard]] Answers ask(const Invalidation& invalidation, std::span<const Member> members) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bazar::catalog
