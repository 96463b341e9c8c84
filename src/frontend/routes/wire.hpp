#pragma once

#include <boost/describe/class.hpp>
#include <string>
#include <vector>

#include "balancer/upstream.hpp"
#include "base/errors.hpp"
#include "frontend/routes/replies.hpp"
#include "json/decode.hpp"
#include "orders/order.hpp"

namespace bazar::frontend {

/// What the order service lists.
struct OrdersBody {
  std::vector<orders::Order> orders;
  json::OrNull<std::string> next;
};
BOOST_DESCRIBE_STRUCT(OrdersBody, (), (orders, next))

/// What a tier answered with 200, to be shown as a page or lines. One that does not speak the contract is
/// treated as one that is not there.
template <class T>
T decode_answer(const balancer::Upstream::Answer& answer) {
  auto body = json::decode<T>(answer.response.body, money_format_of(answer.response.body));
  if (!body)
    throw Unavailable(answer.replica +
                      " answered something that the contract does not have: " + body.error().field);
  return std::move(*body);
}

}  // namespace bazar::frontend
