#include "base/failpoint.hpp"
#include "base/text.hpp"
#include "catalog/api/api_support.hpp"
#include "http/client.hpp"
#include "json/decode.hpp"

namespace bazar::catalog::api {
namespace {

using http::Request;
using http::Response;

constexpr std::size_t max_member_name_bytes = 100;
constexpr std::size_t max_url_bytes = 300;  // a host's name has at most 253 (RFC 1035, 2.3.4)

std::unexpected<FieldError> refuse(std::string field, std::string detail) {
  return std::unexpected(FieldError{std::move(field), std::move(detail)});
}

struct MemberPath {
  Role role = Role::frontend;
  std::string name;
};

Parsed<MemberPath> member_path(const Request& request) {
  const auto role = parse_role(request.params.at(0));
  if (!role) return refuse("role", "must be frontend, catalog or orders");
  const auto& name = request.params.at(1);
  if (!is_visible_ascii_key(name) || name.size() > max_member_name_bytes) {
    return refuse("name",
                  "must be 1 to " + std::to_string(max_member_name_bytes) + " visible ASCII characters");
  }
  return MemberPath{*role, name};
}

Parsed<std::string> incarnation_param(const Request& request) {
  const auto text = request.query_param("incarnation");
  if (!text) return refuse("incarnation", "is missing");
  if (!is_visible_ascii_key(*text)) return refuse("incarnation", "must be 1 to 255 visible ASCII characters");
  return std::string(*text);
}

bool is_address(const std::string& url) { return url.size() <= max_url_bytes && http::parse_endpoint(url); }

Parsed<wire::Registration> registration(const Request& request) {
  auto body = json::decode<wire::Registration>(request.body);
  if (!body) return body;
  if (!is_address(body->url)) return refuse("url", "must be http://host:port");
  if (body->control_url && !is_address(*body->control_url))
    return refuse("control_url", "must be http://host:port");
  if (!is_visible_ascii_key(body->incarnation))
    return refuse("incarnation", "must be 1 to 255 visible ASCII characters");
  return body;
}

Task<Response> put_member(Store& store, Request& request) {
  const auto path = member_path(request);
  if (!path) co_return refused(path.error());
  const auto body = registration(request);
  if (!body) co_return refused(body.error());
  const Grant grant =
      co_await store.enroll(Member{path->role, path->name, body->url, body->control_url.value_or(body->url),
                                   body->incarnation, MemberState::live});
  failpoint::reached("catalog.after_registration");
  // This incarnation was revoked before: it would hold no lease, and no write would ask it.
  if (grant.lease_ms == 0) co_return refused(Refusal{Refusal::Reason::not_live});
  co_return json_reply(store, 200, grant);
}

Task<Response> renew_member(Store& store, Request& request) {
  const auto path = member_path(request);
  if (!path) co_return refused(path.error());
  const auto incarnation = incarnation_param(request);
  if (!incarnation) co_return refused(incarnation.error());
  const auto grant = co_await store.renew(path->role, path->name, *incarnation);
  co_return grant ? json_reply(store, 200, *grant) : refused(grant.error());
}

Task<Response> delete_member(Store& store, Request& request) {
  const auto path = member_path(request);
  if (!path) co_return refused(path.error());
  const auto incarnation = incarnation_param(request);
  if (!incarnation) co_return refused(incarnation.error());
  co_await store.retire(path->role, path->name, *incarnation);
  co_return http::no_content();
}

Task<Response> get_members(Store& store, Request&) {
  wire::MemberList reply;
  for (const auto& member : co_await store.members()) reply.members.push_back(wire::to_wire(member));
  co_return json_reply(store, 200, reply);
}

}  // namespace

void add_members(Routes& routes) {
  routes.add(http::Method::get, "/members", get_members);
  routes.add(http::Method::put, "/members/{role}/{name}", http::BodyRule::json(), put_member);
  routes.add(http::Method::get, "/members/{role}/{name}", renew_member);
  routes.add(http::Method::del, "/members/{role}/{name}", delete_member);
}

}  // namespace bazar::catalog::api
