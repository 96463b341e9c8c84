#include "http/operations.hpp"

#include <unistd.h>

#include "base/digest.hpp"
#include "http/problem.hpp"
#include "http/syntax.hpp"
#include "json/encode.hpp"

namespace bazar::http {
namespace {

bool is_loopback(const boost::asio::ip::address& peer) {
  if (peer.is_v6() && peer.to_v6().is_v4_mapped()) {
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, peer.to_v6()).is_loopback();
  }
  return peer.is_loopback();
}

bool has_bearer_token(std::string_view authorization, std::string_view token) {
  constexpr std::string_view scheme = "Bearer ";
  return equal_ignoring_case(authorization.substr(0, scheme.size()), scheme) &&
         equal_secrets(trim_blanks(authorization.substr(scheme.size())), token);
}

Response unauthorized() {
  Response response =
      to_response({.status = 401, .slug = "unauthorized", .title = "The service token is missing or wrong"});
  response.set("WWW-Authenticate", "Bearer");
  return response;
}

Response of_this_process(Response response) {
  response.set(pid_header, std::to_string(::getpid()));
  return response;
}

Task<Response> answer_alive(Request&) {
  co_return of_this_process(json_response(200, R"({"status":"alive"})"));
}

Task<Response> answer_ready(Readiness readiness) {
  const auto reason = co_await readiness();
  if (reason) co_return of_this_process(to_response(unavailable(*reason)));
  co_return of_this_process(json_response(200, R"({"status":"ready"})"));
}

Task<Response> answer_metrics(observe::Metrics& metrics) {
  Response response = text_response(200, metrics.expose());
  response.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  co_return response;
}

Task<Response> answer_version(std::string name) {
  co_return json_response(200, R"({"name":)" + json::encode(name) + R"(,"version":)" +
                                   json::encode(std::string(version())) + "}");
}

}  // namespace

void add_operations(Router& router, Readiness readiness, observe::Metrics& metrics, std::string name) {
  router.add(Method::get, "/healthz", answer_alive);
  router.add(Method::get, "/readyz",
             [readiness = std::move(readiness)](Request&) { return answer_ready(readiness); });
  router.add(Method::get, "/metrics", [&metrics](Request&) { return answer_metrics(metrics); });
  router.add(Method::get, "/version", [name = std::move(name)](Request&) { return answer_version(name); });
}

std::string_view version() { return BAZAR_VERSION; }
std::string_view user_agent() { return "bazar/" BAZAR_VERSION; }

Handler require_service_token(std::string token, Handler handler) {
  return [token = std::move(token), handler = std::move(handler)](Request& request) -> Reply {
    const auto authorization = request.header("Authorization");
    const bool admitted = authorization ? has_bearer_token(*authorization, token) : is_loopback(request.peer);
    if (!admitted) return unauthorized();
    return handler(request);
  };
}

}  // namespace bazar::http
