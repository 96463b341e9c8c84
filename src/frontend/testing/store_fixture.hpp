#pragma once

#include <gtest/gtest.h>

#include "catalog/service.hpp"
#include "catalog/testing/test_support.hpp"
#include "frontend/testing/test_support.hpp"
#include "orders/service.hpp"

/// The three tiers together, each a real service over its own database, in one process.
namespace bazar::frontend::testing {

/// The value of a metric, summed over its labels that contain `labels`.
inline double metric(Shop& shop, std::string_view name, std::string_view labels = "") {
  const std::string text = shop.get("/metrics").body;
  double sum = 0;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = std::string_view(text).substr(begin, end - begin);
    begin = end + 1;
    const bool named = line.starts_with(name) && line.size() > name.size() &&
                       (line[name.size()] == '{' || line[name.size()] == ' ');
    if (!named || line.find(labels) == std::string_view::npos) continue;
    sum += std::stod(std::string(line.substr(line.rfind(' ') + 1)));
  }
  return sum;
}

inline constexpr auto misses_total = "bazar_cache_misses_total";

class Store : public ::testing::Test {
 protected:
  std::unique_ptr<catalog::Service> start_catalog(std::string name, std::uint16_t port = 0,
                                                  catalog::OnWrite on_write = catalog::OnWrite::update) {
    catalog::ServiceOptions options;
    options.name = std::move(name);
    options.port = port;
    options.database = "sqlite:" + folder_.path().string();
    options.service_token = service_token;
    options.demo_books = true;
    options.on_write = on_write;
    auto service = std::make_unique<catalog::Service>(options);
    service->start();
    return service;
  }
  std::unique_ptr<orders::Service> start_orders(std::string name) {
    orders::ServiceOptions options;
    options.name = std::move(name);
    options.database = "sqlite:" + folder_.path().string();
    options.catalog_url = catalog_->url();
    options.service_token = service_token;
    auto service = std::make_unique<orders::Service>(options);
    service->start();
    return service;
  }
  ServiceOptions options(std::string name) { return options_for(catalog_->url(), std::move(name)); }

  /// A front-end that is ready and whose purchases go through.
  std::unique_ptr<Shop> open(ServiceOptions options) {
    auto shop = std::make_unique<Shop>(std::move(options));
    shop->wait_until_ready();
    shop->wait_until([](Shop& one) { return one.get("/orders?name=nobody").status == 200; });
    return shop;
  }

  std::string cache_status(Shop& shop, const std::string& target) {
    return header(shop.get(target), "Cache-Status");
  }

  TemporaryFolder folder_;
  std::unique_ptr<catalog::Service> catalog_ = start_catalog("catalog-1");
  std::unique_ptr<orders::Service> orders_ = start_orders("orders-1");
};

/// Where the catalog sends a live front-end its invalidations; empty where that front-end is not live.
inline std::string control_url(const std::string& catalog_url, std::string_view name) {
  catalog::HttpProbe probe(catalog_url, testing::service_token);
  const auto members = boost::json::parse(probe.get("/members").body);
  for (const auto& member : members.at("members").as_array()) {
    if (member.at("name").as_string() != name || member.at("state").as_string() != "live") continue;
    return std::string(member.at("control_url").as_string());
  }
  return {};
}

}  // namespace bazar::frontend::testing
