#include "frontend/routes/relay.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "frontend/routes/replies.hpp"

namespace bazar::frontend {
namespace {

std::string text_of(const boost::json::object& object, std::string_view name, std::string fallback) {
  const boost::json::value* value = object.if_contains(name);
  const boost::json::string* text = value ? value->if_string() : nullptr;
  return text ? std::string(*text) : std::move(fallback);
}

bool is_standard_member(std::string_view name) {
  return name == "type" || name == "title" || name == "status" || name == "detail" || name == "instance";
}

std::string without_prefix(std::string text, std::string_view prefix) {
  if (text.starts_with(prefix)) text.erase(0, prefix.size());
  return text;
}

}  // namespace

Task<balancer::Upstream::Answer> fetch(balancer::Upstream& tier, std::string target,
                                       const http::Request& request) {
  http::ClientRequest read;
  read.target = std::move(target);
  read.trace = request.trace;
  balancer::Upstream::Answer answer = co_await tier.send(std::move(read), request.deadline);
  const unsigned status = answer.response.status;
  if (status != 200 && status != 400 && status != 404) {
    throw Unavailable(answer.replica + " answered a read with status " + std::to_string(status));
  }
  co_return answer;
}

http::Problem to_problem(const http::ClientResponse& response) {
  http::Problem problem{.status = response.status, .slug = "refused", .title = "Refused"};
  boost::system::error_code error;
  const boost::json::value body = boost::json::parse(response.body, error);
  const boost::json::object* object = error ? nullptr : body.if_object();
  if (!object) return problem;
  problem.slug = without_prefix(text_of(*object, "type", problem.slug), "/problems/");
  problem.title = text_of(*object, "title", problem.title);
  problem.detail = text_of(*object, "detail", "");
  for (const auto& [name, value] : *object) {
    if (!is_standard_member(name)) problem.members.emplace_back(name, boost::json::serialize(value));
  }
  return problem;
}

http::Response relay_problem(const Gateway& gateway, Representation as,
                             const balancer::Upstream::Answer& answer) {
  http::Response response = reply_problem(gateway, as, to_problem(answer.response));
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
