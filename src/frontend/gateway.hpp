#pragma once

#include <prometheus/counter.h>

#include <optional>
#include <string>
#include <vector>

#include "balancer/upstream.hpp"
#include "catalog/client.hpp"
#include "frontend/coherence/coherent_cache.hpp"
#include "frontend/key_generator.hpp"
#include "frontend/pages/html.hpp"
#include "frontend/purchaser.hpp"
#include "frontend/reader.hpp"
#include "frontend/refusals.hpp"
#include "frontend/routes/rate_limit.hpp"
#include "frontend/service.hpp"
#include "http/client.hpp"
#include "observe/metrics.hpp"
#include "orders/client.hpp"

namespace bazar::frontend {

/// What the gateways of all loops share. Outlives them.
struct GatewayShared {
  const ServiceOptions& options;
  CoherentCache& cache;
  RateLimiter* rate_limiter = nullptr;  ///< null: no limit
  const Clock& clock;
  observe::Metrics& metrics;
};

/// How many purchases ended in which way: `bazar_purchases_total{outcome=…}`.
struct PurchaseCounters {
  explicit PurchaseCounters(observe::Metrics& metrics);
  prometheus::Counter& bought;
  prometheus::Counter& replayed;  ///< a first outcome, whichever, given again
  prometheus::Counter& out_of_stock;
  prometheus::Counter& not_found;
  prometheus::Counter& key_reused;
  prometheus::Counter& in_flight;
  prometheus::Counter& unconfirmed;  ///< an outage: whether it happened is not known
};

/// Everything that the routes of one loop need to answer: the other tiers, the cache, the pages. Used on that
/// loop only.
struct Gateway {
  Gateway(Loop& loop, const GatewayShared& shared);

  /// Replaces the replicas of both tiers. A tier of which nobody is known keeps what it had.
  void set_replicas(std::vector<balancer::Replica> catalogs, std::vector<balancer::Replica> order_services);
  void start_probes();
  void stop();

  Loop& loop;
  const ServiceOptions& options;
  RateLimiter* rate_limiter;
  const Clock& clock;
  http::Client http;
  balancer::Upstream catalog;
  balancer::Upstream orders;
  catalog::Client catalog_client;
  orders::Client orders_client;
  Reader reader;
  Purchaser purchaser;
  std::shared_ptr<Refusals> refusals;
  KeyGenerator keys;
  HtmlPages pages;
  PurchaseCounters purchases;
};

/// The one catalog that a front-end is told of, before it has learned the others.
[[nodiscard]] balancer::Replica bootstrap_catalog(const std::string& catalog_url);

}  // namespace bazar::frontend
