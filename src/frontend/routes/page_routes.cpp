#include "base/digest.hpp"
#include "catalog/wire.hpp"
#include "frontend/pages/embedded.hpp"
#include "frontend/pages/plain_text.hpp"
#include "frontend/routes/edge.hpp"
#include "frontend/routes/label.hpp"
#include "frontend/routes/relay.hpp"
#include "frontend/routes/replies.hpp"
#include "frontend/routes/routes.hpp"
#include "frontend/routes/wire.hpp"

namespace bazar::frontend {
namespace {

constexpr std::string_view links =
    R"({"name":"Bazar","links":{)"
    R"("topics":"/topics","search_topic":"/search/{topic}","search":"/search{?q,after,limit}",)"
    R"("info":"/info/{id}","all_books":"/info{?after,limit}","purchase":"/purchase/{id}",)"
    R"("checkout":"/checkout","order":"/orders/{order_id}","orders":"/orders{?name,after,limit}"}})";

Task<http::Response> home(Gateway& gateway, http::Request& request) {
  const Representation as = representation_of(request);
  if (as == Representation::json) co_return http::json_response(200, std::string(links));
  const auto answer = co_await fetch(gateway.catalog, "/topics", request);
  const auto topics = decode_answer<catalog::wire::TopicList>(answer).topics;
  const Label label = label_of(answer);
  const std::string notice = notice_of(label);
  http::Response response = as == Representation::html
                                ? html_response(200, gateway.pages.home(topics, notice))
                                : lines_response(notice, plain_text::home(topics));
  response.set("Cache-Control", "no-cache");
  set_served_by(response, gateway.options.name, answer.replica);
  co_return with_label(std::move(response), label);
}

struct Asset {
  std::string_view name;
  std::string_view media_type;
  std::string_view content;
};

const Asset* find_asset(std::string_view name) {
  static const std::array assets{
      Asset{"style.css", "text/css; charset=utf-8", embedded::assets_style_css},
      Asset{"shop.js", "text/javascript; charset=utf-8", embedded::assets_shop_js}};
  const auto found = std::ranges::find(assets, name, &Asset::name);
  return found == assets.end() ? nullptr : &*found;
}

Task<http::Response> asset(Gateway& gateway, http::Request& request) {
  const Asset* found = find_asset(request.params[0]);
  if (!found)
    co_return reply_problem(gateway, representation_of(request), http::not_found("There is no such file."));
  http::Response response;
  response.set("Content-Type", std::string(found->media_type));
  response.set("Cache-Control", "no-cache");
  response.body = std::string(found->content);
  set_etag(response, Representation::json, '"' + sha256_hex(found->content).substr(0, 16) + '"');
  co_return response;
}

}  // namespace

void add_page_routes(http::Router& router, Gateway& gateway) {
  add_public(router, gateway, http::Method::get, "/", home);
  add_public(router, gateway, http::Method::get, "/assets/{name}", asset);
}

}  // namespace bazar::frontend
