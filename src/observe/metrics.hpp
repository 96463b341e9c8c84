#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
}  // namespace prometheus

namespace bazar::observe {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// A process's metrics, exposed in the Prometheus text format. Ask once for each instrument and keep the
/// reference: it lives as long as this object. Instruments and `expose` are thread-safe. Names follow the
/// Prometheus conventions
/// (`bazar_http_requests_total`, `_seconds`, `_bytes`).
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  prometheus::Counter& counter(std::string_view name, std::string_view help, const Labels& labels = {});
  prometheus::Gauge& gauge(std::string_view name, std::string_view help, const Labels& labels = {});
  /// `buckets` are upper bounds, rising; empty means latency in seconds from 50 µs to 10 s.
  prometheus::Histogram& histogram(std::string_view name, std::string_view help, const Labels& labels = {},
                                   std::vector<double> buckets = {});

  [[nodiscard]] std::string expose() const;

 private:
  std::unique_ptr<prometheus::Registry> registry_;
};

}  // namespace bazar::observe
