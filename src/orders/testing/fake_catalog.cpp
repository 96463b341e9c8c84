#include "orders/testing/fake_catalog.hpp"

#include <stdexcept>

#include "catalog/wire.hpp"
#include "http/client.hpp"
#include "http/problem.hpp"
#include "json/decode.hpp"
#include "json/encode.hpp"

namespace bazar::orders::testing {

FakeCatalog::FakeCatalog() {
  server_ = std::make_unique<http::Server>(
      loops_, http::ServerOptions{}, [this](Loop&, std::size_t) { return make_router(); }, metrics_);
  server_->start();
  loops_.start();
}

FakeCatalog::~FakeCatalog() {
  release();
  server_->stop(milliseconds{0});
  loops_.stop();
}

std::string FakeCatalog::url() const { return http::to_url({.host = "127.0.0.1", .port = server_->port()}); }

std::unique_ptr<http::Router> FakeCatalog::make_router() {
  auto router = std::make_unique<http::Router>();
  router->add(http::Method::post, "/sales", http::BodyRule::json(std::size_t{8} << 20),
              [this](http::Request& request) { return post_sales(request); });
  router->add(http::Method::get, "/sales", [this](http::Request& request) { return get_sales(request); });
  router->add(http::Method::get, "/sales/{order_id}",
              [this](http::Request& request) { return get_sale(request); });
  return router;
}

void FakeCatalog::stock(BookId book, std::int64_t quantity) {
  const std::lock_guard guard(mutex_);
  stock_[book] = quantity;
}

std::int64_t FakeCatalog::in_stock(BookId book) const {
  const std::lock_guard guard(mutex_);
  return stock_.at(book);
}

std::size_t FakeCatalog::sold() const {
  const std::lock_guard guard(mutex_);
  return static_cast<std::size_t>(std::ranges::count_if(
      decisions_, [](const auto& entry) { return entry.second.outcome.sale.has_value(); }));
}

bool FakeCatalog::knows(const std::string& key) const {
  const std::lock_guard guard(mutex_);
  return decisions_.contains(key);
}

std::vector<catalog::Sale> FakeCatalog::unprojected() const {
  const std::lock_guard guard(mutex_);
  std::vector<catalog::Sale> sales;
  for (const auto& [key, decision] : decisions_) {
    const auto& sale = decision.outcome.sale;
    if (sale && !projected_.contains(sale->order_id)) sales.push_back(*sale);
  }
  return sales;
}

void FakeCatalog::hold() {
  const std::lock_guard guard(mutex_);
  holds_ = true;
}

void FakeCatalog::release() {
  const std::lock_guard guard(mutex_);
  holds_ = false;
  for (auto& waiting : std::exchange(held_, {})) waiting.set_value(true);
}

std::size_t FakeCatalog::held() const {
  const std::lock_guard guard(mutex_);
  return held_.size();
}

void FakeCatalog::lose_answers(unsigned count) {
  const std::lock_guard guard(mutex_);
  answers_to_lose_ = count;
}

void FakeCatalog::set_down(bool down) {
  const std::lock_guard guard(mutex_);
  down_ = down;
}

void FakeCatalog::set_busy(bool busy) {
  const std::lock_guard guard(mutex_);
  busy_ = busy;
}

std::vector<FakeCatalog::Call> FakeCatalog::calls() const {
  const std::lock_guard guard(mutex_);
  return calls_;
}

std::vector<std::size_t> FakeCatalog::batch_sizes() const {
  std::vector<std::size_t> sizes;
  for (const auto& call : calls()) sizes.push_back(call.keys.size());
  return sizes;
}

Task<void> FakeCatalog::pass_hold() {
  {
    const std::lock_guard guard(mutex_);
    if (!holds_) co_return;
  }
  auto wait = [this](Completion<bool> done) {
    const std::lock_guard guard(mutex_);
    if (holds_) {
      held_.push_back(std::move(done));
    } else {
      done.set_value(true);
    }
  };
  co_await suspend_until_complete<bool>(std::move(wait));
}

catalog::SaleOutcome FakeCatalog::decide(const catalog::SaleRequest& request) {
  if (const auto known = decisions_.find(request.key); known != decisions_.end()) {
    if (known->second.fingerprint != request.fingerprint)
      return {.verdict = catalog::Verdict::conflict, .sale = {}, .refused = {}};
    auto outcome = known->second.outcome;
    outcome.replayed = true;
    return outcome;
  }
  catalog::SaleOutcome outcome{.verdict = catalog::Verdict::sold, .sale = {}, .refused = {}};
  for (const auto& line : request.lines) {
    const auto book = stock_.find(line.book_id);
    if (book != stock_.end() && book->second >= line.quantity) continue;
    if (book == stock_.end()) outcome.verdict = catalog::Verdict::not_found;
    if (book != stock_.end() && outcome.verdict == catalog::Verdict::sold)
      outcome.verdict = catalog::Verdict::out_of_stock;
    outcome.refused.push_back({.book_id = line.book_id,
                               .requested = line.quantity,
                               .available = book == stock_.end() ? 0 : book->second});
  }
  if (outcome.verdict == catalog::Verdict::sold) {
    outcome.sale = catalog::Sale{.order_id = request.order_id,
                                 .key = request.key,
                                 .name = request.name,
                                 .currency = "USD",
                                 .lines = {},
                                 .sold_at = clock_.wall(),
                                 .version = static_cast<Revision>(decisions_.size() + 1)};
    for (const auto& line : request.lines) {
      stock_[line.book_id] -= line.quantity;
      outcome.sale->lines.push_back({.book_id = line.book_id,
                                     .title = "Book " + std::to_string(line.book_id.value),
                                     .quantity = line.quantity,
                                     .price = {2235}});
    }
  }
  decisions_.emplace(request.key, Decision{request.fingerprint, outcome});
  return outcome;
}

Task<http::Response> FakeCatalog::post_sales(http::Request& request) {
  auto body = json::decode<catalog::wire::SalesRequest>(request.body);
  if (!body) throw std::runtime_error("POST /sales: " + body.error().field + " " + body.error().detail);
  const auto projected = body->projected.value_or(std::vector<OrderId>{});
  {
    const std::lock_guard guard(mutex_);
    Call call{.keys = {}, .projected = projected};
    for (const auto& sale : body->sales) call.keys.push_back(sale.key);
    calls_.push_back(std::move(call));
  }
  co_await pass_hold();
  const std::lock_guard guard(mutex_);
  if (down_) throw Unavailable("down");
  if (busy_) throw Overloaded("busy");
  projected_.insert(projected.begin(), projected.end());
  catalog::wire::Outcomes reply;
  for (const auto& sale : body->sales) reply.outcomes.push_back(catalog::wire::to_wire(decide(sale)));
  if (answers_to_lose_ > 0) {
    --answers_to_lose_;
    throw Unavailable("the answer is lost");
  }
  co_return http::json_response(200, json::encode(reply));
}

Task<http::Response> FakeCatalog::get_sales(http::Request&) {
  co_return http::json_response(200, json::encode(catalog::wire::SaleList{unprojected()}));
}

Task<http::Response> FakeCatalog::get_sale(http::Request& request) {
  const std::lock_guard guard(mutex_);
  if (down_) throw Unavailable("down");
  const auto id = parse_order_id(request.params.at(0));
  for (const auto& [key, decision] : decisions_) {
    const auto& sale = decision.outcome.sale;
    if (sale && sale->order_id == id) co_return http::json_response(200, json::encode(*sale));
  }
  co_return http::to_response(http::not_found("no such sale"));
}

}  // namespace bazar::orders::testing
