#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "catalog/coherence/refresh.hpp"
#include "observe/metrics.hpp"

namespace bazar::catalog {

struct HttpRefresherOptions {
  std::string service_token = {};
  /// How long one message may take. A front-end that is slower gets what is newest then.
  milliseconds patience{1'000};
};

/// Sends refreshes as `POST {control_url}/refresh` from a thread and a loop of its own, over connections kept
/// from message to message. One message at a time is under way to each front-end; what comes meanwhile waits,
/// the newest value of each book, and goes in the next. More than Refresh::max_books that wait are dropped.
/// Thread-safe. Every book counts as one of
/// `bazar_refreshes_total{outcome="sent|superseded|dropped|failed"}` for each front-end.
class HttpRefresher final : public Refresher {
 public:
  HttpRefresher(HttpRefresherOptions options, observe::Metrics& metrics);
  ~HttpRefresher() override;  ///< drops what was not sent
  void send(const std::string& epoch, Revision as_of, std::vector<Book> books,
            std::span<const Approval> approvals) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bazar::catalog
