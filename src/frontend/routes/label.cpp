#include "frontend/routes/label.hpp"

#include "base/errors.hpp"
#include "catalog/client.hpp"
#include "catalog/wire.hpp"
#include "http/cache_control.hpp"

namespace bazar::frontend {

Label label_of(const balancer::Upstream::Answer& answer) { return label_of(catalog::snapshot_of(answer)); }

void require_acceptable(const http::Request& request, Label label) {
  if (label && http::forbids_stale(request))
    throw Unavailable("no primary of the catalog's database answers");
}

std::string notice_of(Label label) {
  if (!label) return {};
  return "As of revision " + std::to_string(*label) +
         ", from a copy of the store: prices and stock may have changed since.";
}

http::Response with_label(http::Response response, Label label) {
  if (!label) return response;
  response.set("Cache-Control", "no-store");
  response.set(catalog::wire::as_of_header, std::to_string(*label));
  return response;
}

}  // namespace bazar::frontend
