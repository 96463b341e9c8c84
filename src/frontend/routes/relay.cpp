#include "frontend/routes/relay.hpp"

#include "frontend/routes/replies.hpp"

namespace bazar::frontend {
Task<balancer::Upstream::Answer> fetch(balancer::Upstream& tier, std::string target,
                                       const http::Request& request) {
  http::ClientRequest read;
  read.target = std::move(target);
  read.trace = request.trace;
  balancer::Upstream::Answer answer = co_await tier.send(std::move(read), request.deadline);
  const unsigned status = answer.response.status;
  if (status != 200 && status != 400 && status != 404) balancer::throw_outage(answer);
  co_return answer;
}

http::Response relay_problem(const Gateway& gateway, Representation as,
                             const balancer::Upstream::Answer& answer) {
  http::Response response =
      reply_problem(gateway, as, http::read_problem(answer.response.status, answer.response.body));
  set_served_by(response, gateway.options.name, answer.replica);
  return response;
}

std::string paged_target(std::string path, std::string_view fixed, const http::Request& request) {
  std::string target = std::move(path);
  char separator = '?';
  const auto append = [&](std::string_view part) {
    target += separator;
    target += part;
    separator = '&';
  };
  if (!fixed.empty()) append(fixed);
  for (const std::string_view name : {"after", "limit"}) {
    if (const auto value = request.query_param(name))
      append(std::string(name) + '=' + percent_encoded(*value));
  }
  return target;
}

}  // namespace bazar::frontend
