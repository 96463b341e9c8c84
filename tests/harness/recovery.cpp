#include "tests/harness/recovery.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <stdexcept>

#include "base/random.hpp"
#include "tests/harness/store_process.hpp"

namespace bazar::harness {
namespace {

constexpr milliseconds attempt_interval{200};

struct Service {
  std::string name;
  http::Endpoint frontend;
  std::function<http::ClientRequest()> request;
  std::optional<milliseconds> served_after = {};
  std::string last_answer = "none";
};

std::vector<Service> services_of(const Cluster& cluster, std::int64_t book) {
  const std::string id = std::to_string(book);
  std::vector<Service> services;
  for (const auto& frontend : cluster.names("frontend")) {
    const http::Endpoint door = cluster.door(frontend);
    services.push_back(
        {"lookup through " + frontend, door, [=] { return http::ClientRequest{.target = "/info/" + id}; }});
    services.push_back({"purchase through " + frontend, door, [=] {
                          return http::ClientRequest{.method = http::Method::post,
                                                     .target = "/purchase/" + id,
                                                     .headers = {{"Idempotency-Key", random_hex(12)}},
                                                     .body = R"({"name":"recovery"})"};
                        }});
    services.push_back({"edit through " + frontend, door, [=, token = cluster.shopkeeper_token()] {
                          return http::ClientRequest{.method = http::Method::post,
                                                     .target = "/books/" + id + "/stock",
                                                     .headers = {{"Authorization", "Bearer " + token},
                                                                 {"Idempotency-Key", random_hex(12)}},
                                                     .body = R"({"delta":1})"};
                        }});
  }
  return services;
}

Task<> attempt(Loop& loop, Service& service, SteadyTime start, SteadyTime deadline) {
  http::Client client(loop, {});
  try {
    const auto response = co_await client.send(service.frontend, service.request(), deadline);
    const auto now = std::chrono::steady_clock::now();
    if (response.status == 200 && !service.served_after)
      service.served_after = std::chrono::duration_cast<milliseconds>(now - start);
    service.last_answer = std::to_string(response.status) + ' ' + response.body;
  } catch (const Outage& outage) {
    service.last_answer = outage.what();
  }
}

Task<> ask_until_all_serve(Loop& loop, std::vector<Service>& services, milliseconds patience) {
  const SteadyTime start = std::chrono::steady_clock::now();
  const SteadyTime deadline = start + patience;
  const auto unserved = [](const Service& service) { return !service.served_after; };
  Timer timer(loop, start);
  for (SteadyTime next = start; next < deadline && std::ranges::any_of(services, unserved);) {
    if (std::chrono::steady_clock::now() >= next) {
      for (Service& service : services) {
        if (unserved(service)) asio::co_spawn(loop, attempt(loop, service, start, deadline), asio::detached);
      }
      next += attempt_interval;
    }
    timer.expires_after(milliseconds{5});
    co_await timer.async_wait(use_task);
  }
  // Attempts that others have overtaken are of no interest any more.
  loop.stop();
}

}  // namespace

milliseconds Recovery::longest() const {
  milliseconds longest{0};
  for (const auto& [service, time] : by_service) longest = std::max(longest, time);
  return longest;
}

std::string Recovery::slowest() const {
  const auto place = std::ranges::max_element(by_service, {}, [](const auto& each) { return each.second; });
  return place == by_service.end() ? "nothing" : place->first;
}

Recovery measure_recovery(const Cluster& cluster, std::int64_t book, milliseconds patience) {
  auto services = services_of(cluster, book);
  run([&](Loop& loop) { return ask_until_all_serve(loop, services, patience); });
  Recovery recovery;
  for (const Service& service : services) {
    if (!service.served_after)
      throw std::runtime_error(service.name + " does not recover; last answer: " + service.last_answer);
    recovery.by_service[service.name] = *service.served_after;
  }
  return recovery;
}

}  // namespace bazar::harness
