#pragma once

namespace bazar::balancer {

/// Bounds retries to a share of requests, so that an outage is not multiplied (Finagle's retry budget, the
/// SRE book's chapter 21). Each request deposits `ratio`, each retry withdraws 1; `reserve` lets a quiet
/// client retry at all. Pure; not thread-safe.
class RetryBudget {
 public:
  explicit RetryBudget(double ratio = 0.2, double reserve = 10, double cap = 100);
  void deposit();
  [[nodiscard]] bool withdraw();  ///< false: do not retry

 private:
  double ratio_;
  double cap_;
  double balance_;
};

}  // namespace bazar::balancer
