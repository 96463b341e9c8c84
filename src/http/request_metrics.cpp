#include "http/request_metrics.hpp"

#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

namespace bazar::http {
namespace {

observe::Labels labels_of(const Route* route) {
  if (route == nullptr) return {{"route", "none"}, {"method", "any"}};
  return {{"route", route->pattern}, {"method", std::string(to_string(route->method))}};
}

}  // namespace

RequestMetrics::RequestMetrics(observe::Metrics& metrics)
    : metrics_(metrics),
      connections_(metrics.gauge("bazar_http_connections", "Open connections")),
      accept_failures_(metrics.counter("bazar_http_accept_failures_total",
                                       "Times that no connection could be accepted for lack of resources")) {}

void RequestMetrics::answered(const Route* route, unsigned status, SteadyTime::duration took) {
  OfRoute& instruments = routes_[route];
  if (instruments.duration == nullptr) {
    instruments.duration = &metrics_.histogram("bazar_http_request_duration_seconds",
                                               "From a request's head to its answer", labels_of(route));
  }
  instruments.duration->Observe(std::chrono::duration<double>(took).count());
  counter_of(instruments, route, status).Increment();
}

prometheus::Counter& RequestMetrics::counter_of(OfRoute& instruments, const Route* route, unsigned status) {
  for (const auto& [known, counter] : instruments.by_status) {
    if (known == status) return *counter;
  }
  observe::Labels labels = labels_of(route);
  labels.emplace_back("status", std::to_string(status));
  prometheus::Counter& counter = metrics_.counter("bazar_http_requests_total", "Requests answered", labels);
  instruments.by_status.emplace_back(status, &counter);
  return counter;
}

void RequestMetrics::rejected(std::string_view reason) {
  metrics_
      .counter("bazar_http_rejected_total", "Requests refused before their handler ran",
               {{"reason", std::string(reason)}})
      .Increment();
}

void RequestMetrics::connections_changed(int by) { connections_.Increment(by); }

}  // namespace bazar::http
