#include "frontend/routes/purchase_request.hpp"

#include <boost/describe/class.hpp>

#include "catalog/idempotency_key.hpp"
#include "json/decode.hpp"

namespace bazar::frontend {
namespace {

struct PurchaseBody {
  std::string name;
  std::optional<std::int64_t> quantity;
};
BOOST_DESCRIBE_STRUCT(PurchaseBody, (), (name, quantity))

struct CheckoutBody {
  std::string name;
  std::vector<catalog::SaleLine> lines;
};
BOOST_DESCRIBE_STRUCT(CheckoutBody, (), (name, lines))

/// The client's key, or a fresh one.
std::expected<std::string, FieldError> key_of(const http::Request& request, KeyGenerator& keys) {
  auto key = catalog::idempotency_key(request);
  if (!key) return std::unexpected(std::move(key.error()));
  return key->has_value() ? **std::move(key) : keys.next();
}

std::expected<orders::PurchaseRequest, FieldError> checked(const http::Request& request, KeyGenerator& keys,
                                                           std::string name,
                                                           std::vector<catalog::SaleLine> lines) {
  auto key = key_of(request, keys);
  if (!key) return std::unexpected(std::move(key.error()));
  orders::PurchaseRequest purchase{std::move(*key), std::move(name), std::move(lines)};
  if (auto valid = orders::validate(purchase); !valid) return std::unexpected(std::move(valid.error()));
  return purchase;
}

}  // namespace

std::expected<orders::PurchaseRequest, FieldError> read_purchase(const http::Request& request,
                                                                 KeyGenerator& keys) {
  const auto id = parse_book_id(request.params[0]);
  if (!id) return std::unexpected(FieldError{"id", "a book's id is a positive integer"});
  auto body = json::decode<PurchaseBody>(request.body);
  if (!body) return std::unexpected(std::move(body.error()));
  auto purchase = checked(request, keys, std::move(body->name), {{*id, body->quantity.value_or(1)}});
  // The client sent no lines: name what it did send.
  if (!purchase && purchase.error().field == "lines[0].quantity") purchase.error().field = "quantity";
  return purchase;
}

std::expected<orders::PurchaseRequest, FieldError> read_checkout(const http::Request& request,
                                                                 KeyGenerator& keys) {
  auto body = json::decode<CheckoutBody>(request.body);
  if (!body) return std::unexpected(std::move(body.error()));
  return checked(request, keys, std::move(body->name), std::move(body->lines));
}

}  // namespace bazar::frontend
