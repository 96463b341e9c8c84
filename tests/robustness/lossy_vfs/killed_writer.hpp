#pragma once

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <functional>
#include <random>
#include <vector>

#include "base/ids.hpp"
#include "base/task.hpp"

namespace bazar::robustness {

/// Forks a child that runs `write_for_ever`, which writes the id of each record that its store acknowledged
/// to the descriptor that it is given and never returns; kills it at a moment after `count` of them. Returns
/// every id that it reported.
std::vector<OrderId> reported_before_kill(int count, const std::function<void(int)>& write_for_ever);

/// Of a record whose store acknowledged it, to the descriptor of `reported_before_kill`.
void report(int acknowledged, const OrderId& id);

/// `BAZAR_SEED`, or a new one; printed, so that a run can be repeated.
unsigned make_seed();

/// Runs one call of a store on a loop of its own.
template <class T>
T run(Task<T> task) {
  Loop loop(1);
  std::exception_ptr error;
  T result;
  asio::co_spawn(loop, std::move(task), [&](std::exception_ptr failure, T value) {
    error = std::move(failure);
    result = std::move(value);
  });
  loop.run();
  if (error) std::rethrow_exception(error);
  return result;
}

}  // namespace bazar::robustness
