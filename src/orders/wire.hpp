#pragma once

#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "catalog/sale.hpp"
#include "json/types.hpp"
#include "orders/order.hpp"

/// JSON bodies of the order service's routes, shared by api.cpp (which writes them) and client.cpp (which
/// reads them).
namespace bazar::orders::wire {

inline constexpr std::size_t max_batch = 1'000;  ///< purchases in one `POST /orders/batch`
inline constexpr std::size_t max_batch_bytes = 8 * 1024 * 1024;
inline constexpr std::size_t default_page = 20;
inline constexpr std::size_t max_page = 1'000;

/// `?amounts=minor`: every amount of the answer is a whole number of minor units. The store's own client asks
/// for it, because it then need not know the decimals of a currency before it has read which one it is;
/// without it amounts are in major units.
inline constexpr std::string_view amounts_parameter = "amounts";
inline constexpr std::string_view amounts_minor = "minor";
inline constexpr json::Format minor_units{.money_decimals = 0};

/// `POST /orders`
struct Purchase {
  BookId id;
  std::string name;
  std::optional<std::int64_t> quantity;
};
BOOST_DESCRIBE_STRUCT(Purchase, (), (id, name, quantity))

/// `POST /orders/batch`
struct Batch {
  std::vector<PurchaseRequest> orders;
};
BOOST_DESCRIBE_STRUCT(Batch, (), (orders))

struct Error {
  std::string field;
  std::string detail;
};
BOOST_DESCRIBE_STRUCT(Error, (), (field, detail))

/// `OrderJson` is json::Raw where written, Order where read.
template <class OrderJson>
struct Outcome {
  std::string status;
  bool replayed = false;
  std::optional<OrderJson> order;
  std::optional<std::vector<catalog::RefusedLine>> refused;
  std::optional<Error> error;
  BOOST_DESCRIBE_CLASS(Outcome, (), (status, replayed, order, refused, error), (), ())
};

template <class OrderJson>
struct Outcomes {
  std::vector<Outcome<OrderJson>> outcomes;
  BOOST_DESCRIBE_CLASS(Outcomes, (), (outcomes), (), ())
};

/// `GET /orders`
template <class OrderJson>
struct OrderPage {
  std::vector<OrderJson> orders;
  json::OrNull<std::string> next;
  BOOST_DESCRIBE_CLASS(OrderPage, (), (orders, next), (), ())
};

}  // namespace bazar::orders::wire
