#include "frontend/gateway.hpp"

namespace bazar::frontend {
namespace {

prometheus::Counter& purchases_with(observe::Metrics& metrics, std::string outcome) {
  return metrics.counter("bazar_purchases_total", "Purchases and checkouts by outcome",
                         {{"outcome", std::move(outcome)}});
}

http::ClientOptions with_token(const std::string& service_token) {
  http::ClientOptions options;
  options.bearer_token = service_token;
  return options;
}

balancer::UpstreamOptions upstream_of(std::string service) {
  balancer::UpstreamOptions options;
  options.service = std::move(service);
  return options;
}

}  // namespace

PurchaseCounters::PurchaseCounters(observe::Metrics& metrics)
    : bought(purchases_with(metrics, "bought")),
      replayed(purchases_with(metrics, "replayed")),
      out_of_stock(purchases_with(metrics, "out_of_stock")),
      not_found(purchases_with(metrics, "not_found")),
      key_reused(purchases_with(metrics, "key_reused")),
      in_flight(purchases_with(metrics, "in_flight")),
      unconfirmed(purchases_with(metrics, "unconfirmed")) {}

Gateway::Gateway(Loop& on_loop, const GatewayShared& shared)
    : loop(on_loop),
      options(shared.options),
      rate_limiter(shared.rate_limiter),
      clock(shared.clock),
      http(on_loop, with_token(shared.options.service_token)),
      catalog(on_loop, http, upstream_of("catalog"), shared.metrics, shared.clock),
      orders(on_loop, http, upstream_of("orders"), shared.metrics, shared.clock),
      catalog_client(catalog),
      orders_client(orders),
      reader(shared.cache, catalog_client, shared.clock, shared.metrics),
      purchaser(on_loop, orders_client, shared.clock, shared.metrics),
      refusals(std::make_shared<Refusals>(on_loop, shared.clock)),
      keys(shared.clock),
      purchases(shared.metrics) {
  catalog.set_replicas({bootstrap_catalog(options.catalog_url)});
}

void Gateway::set_replicas(std::vector<balancer::Replica> catalogs,
                           std::vector<balancer::Replica> order_services) {
  if (!catalogs.empty()) catalog.set_replicas(std::move(catalogs));
  if (!order_services.empty()) orders.set_replicas(std::move(order_services));
}

void Gateway::start_probes() {
  catalog.start_probes();
  orders.start_probes();
}

void Gateway::stop() {
  catalog.stop();
  orders.stop();
}

balancer::Replica bootstrap_catalog(const std::string& catalog_url) { return {"catalog", catalog_url}; }

}  // namespace bazar::frontend
