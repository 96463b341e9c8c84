#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/oneshot.hpp"
#include "catalog/sale.hpp"
#include "http/loop_pool.hpp"
#include "http/server.hpp"
#include "observe/metrics.hpp"

namespace bazar::orders::testing {

/// A catalog's sales over HTTP, kept in memory, on a thread of its own. Its answers can be held up and lost.
/// Its public functions may be called from any thread.
class FakeCatalog {
 public:
  FakeCatalog();
  ~FakeCatalog();

  [[nodiscard]] std::string url() const;

  void stock(BookId book, std::int64_t quantity);
  [[nodiscard]] std::int64_t in_stock(BookId book) const;
  [[nodiscard]] std::size_t sold() const;                  ///< sales on record
  [[nodiscard]] bool knows(const std::string& key) const;  ///< decided, either way
  [[nodiscard]] std::vector<catalog::Sale> unprojected() const;

  /// Calls of `POST /sales` wait before they decide, until `release`.
  void hold();
  void release();
  [[nodiscard]] std::size_t held() const;
  /// The next so many calls of `POST /sales` are decided, but their answers are lost (503).
  void lose_answers(unsigned count);
  /// Every call answers 503 and decides nothing.
  void set_down(bool down);
  /// Every call of `POST /sales` is refused for load.
  void set_busy(bool busy);

  struct Call {
    std::vector<std::string> keys;
    std::vector<OrderId> projected;
  };
  [[nodiscard]] std::vector<Call> calls() const;  ///< of `POST /sales`, as they came
  [[nodiscard]] std::vector<std::size_t> batch_sizes() const;

 private:
  struct Decision {
    std::string fingerprint;
    catalog::SaleOutcome outcome;
  };
  Task<http::Response> post_sales(http::Request& request);
  Task<http::Response> get_sales(http::Request& request);
  Task<http::Response> get_sale(http::Request& request);
  Task<void> pass_hold();
  catalog::SaleOutcome decide(const catalog::SaleRequest& request);
  std::unique_ptr<http::Router> make_router();

  mutable std::mutex mutex_;
  std::map<BookId, std::int64_t> stock_;
  std::map<std::string, Decision> decisions_;
  std::set<OrderId> projected_;
  std::vector<Call> calls_;
  unsigned answers_to_lose_ = 0;
  bool down_ = false;
  bool busy_ = false;
  bool holds_ = false;
  std::vector<Completion<bool>> held_;

  SystemClock clock_;
  observe::Metrics metrics_;
  http::LoopPool loops_{1};
  std::unique_ptr<http::Server> server_;
};

}  // namespace bazar::orders::testing
