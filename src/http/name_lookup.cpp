#include "http/name_lookup.hpp"

#include "base/oneshot.hpp"

namespace bazar::http {

namespace {

using asio::ip::tcp;
using Endpoints = std::vector<tcp::endpoint>;
using Resolver = asio::ip::basic_resolver<tcp, LoopExecutor>;

/// Whichever comes first, answer or time-out, completes it.
struct Lookup {
  Lookup(const LoopExecutor& executor, Completion<Endpoints> waiter)
      : resolver(executor), timer(executor), completion(std::move(waiter)) {}

  void finish(Endpoints endpoints) {
    if (std::exchange(finished, true)) return;
    timer.cancel();
    resolver.cancel();
    completion.set_value(std::move(endpoints));
  }

  Resolver resolver;
  Timer timer;
  Completion<Endpoints> completion;
  bool finished = false;
};

void start_lookup(const std::shared_ptr<Lookup>& lookup, const Endpoint& endpoint, SteadyTime deadline) {
  lookup->timer.expires_at(deadline);
  lookup->timer.async_wait([lookup](const boost::system::error_code& error) {
    if (!error) lookup->finish({});
  });
  lookup->resolver.async_resolve(
      endpoint.host, std::to_string(endpoint.port),
      [lookup](const boost::system::error_code& error, const tcp::resolver::results_type& found) {
        Endpoints endpoints;
        if (!error) endpoints.assign(found.begin(), found.end());
        lookup->finish(std::move(endpoints));
      });
}

}  // namespace

Task<Endpoints> look_up(Endpoint endpoint, SteadyTime deadline) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(endpoint.host, error);
  if (!error) co_return Endpoints{{address, endpoint.port}};
  const LoopExecutor executor = co_await asio::this_coro::executor;
  co_return co_await suspend_until_complete<Endpoints>(
      [executor, endpoint, deadline](Completion<Endpoints> completion) {
        start_lookup(std::make_shared<Lookup>(executor, std::move(completion)), endpoint, deadline);
      });
}

}  // namespace bazar::http
