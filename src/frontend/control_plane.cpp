#include "frontend/control_plane.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include "base/assert.hpp"
#include "frontend/routes/invalidation_route.hpp"
#include "frontend/routes/refresh_route.hpp"

namespace bazar::frontend {
namespace {

/// A quarter of the default lease: three renewals may be lost before it runs out.
constexpr milliseconds renew_interval{500};
constexpr milliseconds farewell_patience{1'000};
constexpr milliseconds drain_time{1'000};

http::ServerOptions control_server(const ServiceOptions& options) {
  http::ServerOptions server;
  server.host = options.host;
  server.port = options.control_port;
  server.headers = {{"X-Served-By", options.name}};
  return server;
}

http::ClientOptions with_token(const std::string& token) {
  http::ClientOptions options;
  options.bearer_token = token;
  return options;
}

balancer::UpstreamOptions control_upstream() {
  balancer::UpstreamOptions options;
  options.service = "catalog";
  return options;
}

std::unique_ptr<http::Router> control_router(const GatewayShared& shared) {
  auto router = std::make_unique<http::Router>();
  add_invalidation_route(*router, shared.cache, shared.options.service_token);
  add_refresh_route(*router, shared.cache, shared.options.service_token);
  return router;
}

}  // namespace

ControlPlane::ControlPlane(GatewayShared shared, const std::string& public_url, OnMembers on_members)
    : shared_(shared),
      server_(
          loops_, control_server(shared_.options),
          [this](Loop&, std::size_t) { return control_router(shared_); }, shared_.metrics),
      http_(loops_.at(0), with_token(shared_.options.service_token)),
      catalog_(loops_.at(0), http_, control_upstream(), shared_.metrics, shared_.clock),
      membership_(loops_.at(0), catalog::Client(catalog_), self(public_url), renew_interval,
                  events(std::move(on_members)), lease_clock_) {
  catalog_.set_replicas({bootstrap_catalog(shared_.options.catalog_url)});
}

ControlPlane::~ControlPlane() { stop(); }

void ControlPlane::start() {
  running_ = true;
  loops_.start();
  server_.start();
  asio::post(loops_.at(0), [this] {
    catalog_.start_probes();
    membership_.start();
  });
}

void ControlPlane::stop() {
  if (!std::exchange(running_, false)) return;
  // Before the farewell: once it is heard, no writer asks this front-end any more.
  shared_.cache.end_incarnation();
  asio::co_spawn(loops_.at(0), membership_.leave(farewell_patience), asio::use_future).wait();
  server_.stop(drain_time);
  asio::post(loops_.at(0), [this] { catalog_.stop(); });
  loops_.stop();
}

catalog::Member ControlPlane::self(const std::string& public_url) const {
  const auto endpoint = http::parse_endpoint(public_url);
  BAZAR_ASSERT(endpoint, "the public address was checked or made by us");
  const std::string& advertised = shared_.options.advertise_control_url;
  catalog::Member member;
  member.role = catalog::Role::frontend;
  member.name = shared_.options.name;
  member.url = public_url;
  member.control_url = advertised.empty() ? http::to_url({endpoint->host, server_.port()}) : advertised;
  return member;
}

catalog::Membership::Events ControlPlane::events(OnMembers on_members) {
  catalog::Membership::Events events;
  events.registering = [this](const catalog::Member& member) {
    shared_.cache.begin_incarnation(member.incarnation);
  };
  events.granted = [this](const catalog::Member& member, const catalog::Grant& grant, SteadyTime sent) {
    shared_.cache.granted(member.incarnation, grant, sent);
  };
  events.members = [this, on_members = std::move(on_members)](const std::vector<catalog::Member>& members) {
    learn_catalogs(members);
    on_members(members);
    joined_ = true;
  };
  return events;
}

void ControlPlane::learn_catalogs(const std::vector<catalog::Member>& members) {
  const std::string& bootstrap = shared_.options.catalog_url;
  auto catalogs = catalog::replicas_of(catalog::Role::catalog, members);
  // Stays as a last resort: it may be a name that leads to a catalog started anew elsewhere.
  if (std::ranges::find(catalogs, bootstrap, &balancer::Replica::url) == catalogs.end()) {
    catalogs.push_back(bootstrap_catalog(bootstrap));
  }
  catalog_.set_replicas(std::move(catalogs));
}

}  // namespace bazar::frontend
