#include "frontend/routes/bearer.hpp"

#include "base/digest.hpp"
#include "http/syntax.hpp"

namespace bazar::frontend {

bool bears_token(const http::Request& request, std::string_view token) {
  constexpr std::string_view scheme = "Bearer ";
  const auto authorization = request.header("Authorization");
  if (token.empty() || !authorization || authorization->size() < scheme.size()) return false;
  if (!http::equal_ignoring_case(authorization->substr(0, scheme.size()), scheme)) return false;
  return equal_secrets(http::trim_blanks(authorization->substr(scheme.size())), token);
}

http::Problem token_problem() {
  return {.status = 401,
          .slug = "unauthorized",
          .title = "A token is needed",
          .detail = "Send the right token: Authorization: Bearer …"};
}

std::string challenge(std::string_view realm) { return "Bearer realm=\"" + std::string(realm) + '"'; }

http::Response unauthorized(std::string_view realm) {
  http::Response response = http::to_response(token_problem());
  response.set("WWW-Authenticate", challenge(realm));
  return response;
}

}  // namespace bazar::frontend
