#include "frontend/routes/replies.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include "base/money.hpp"
#include "frontend/pages/plain_text.hpp"

namespace bazar::frontend {
namespace {

void make_page(http::Response& response, std::string html) {
  response.body = std::move(html);
  response.set("Content-Type", "text/html; charset=utf-8");
  response.set("Content-Security-Policy",
               "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'");
  response.set("Referrer-Policy", "same-origin");
}

}  // namespace

Representation representation_of(const http::Request& request) { return negotiate(request.header("Accept")); }

void set_served_by(http::Response& response, std::string_view frontend, std::string_view replica) {
  if (!replica.empty()) response.set("X-Served-By", std::string(frontend).append(", ").append(replica));
}

void set_cache_status(http::Response& response, CacheStatus status) {
  switch (status) {
    case CacheStatus::hit:
      response.set("Cache-Status", "bazar; hit");
      return;
    case CacheStatus::miss:
      response.set("Cache-Status", "bazar; fwd=miss");
      return;
    case CacheStatus::bypass:
      response.set("Cache-Status", "bazar; fwd=bypass");
      return;
  }
}

http::Response html_response(unsigned status, std::string body) {
  http::Response response;
  response.status = status;
  make_page(response, std::move(body));
  return response;
}

http::Response lines_response(const std::string& notice, std::string lines) {
  return http::text_response(200, plain_text::with_notice(notice, std::move(lines)));
}

http::Response reply_problem(const Gateway& gateway, Representation as, const http::Problem& problem,
                             const std::string& notice) {
  http::Response response = http::to_response(problem);
  if (as == Representation::json) return response;
  if (as == Representation::html) {
    make_page(response, gateway.pages.problem(problem, notice));
  } else {
    response.body = plain_text::with_notice(notice, plain_text::problem(problem));
    response.set("Content-Type", "text/plain; charset=utf-8");
  }
  return response;
}

void set_etag(http::Response& response, Representation as, std::string_view etag) {
  response.set("ETag", tag_of(as, etag));
}

json::Format money_format(std::string_view currency_code) {
  json::Format format;
  if (const auto currency = find_currency(currency_code)) format.money_decimals = currency->decimals;
  return format;
}

json::Format money_format_of(std::string_view json_text) {
  // Inside a JSON string a quote is escaped, so this can only be a member's name.
  constexpr std::string_view member = R"("currency":")";
  const auto at = json_text.find(member);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = json_text.substr(at + member.size());
  return money_format(rest.substr(0, rest.find('"')));
}

std::string percent_encoded(std::string_view text) {
  return boost::urls::encode(text, boost::urls::unreserved_chars);
}

}  // namespace bazar::frontend
