#include "observe/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace bazar::observe {
namespace {

prometheus::Labels to_labels(const Labels& labels) { return {labels.begin(), labels.end()}; }

const std::vector<double> latency_seconds = {50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3,
                                             50e-3, 100e-3, 250e-3, 500e-3, 1,    2.5,    5,    10};

}  // namespace

Metrics::Metrics() : registry_(std::make_unique<prometheus::Registry>()) {}
Metrics::~Metrics() = default;

prometheus::Counter& Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
  return prometheus::BuildCounter()
      .Name(std::string(name))
      .Help(std::string(help))
      .Register(*registry_)
      .Add(to_labels(labels));
}

prometheus::Gauge& Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  return prometheus::BuildGauge()
      .Name(std::string(name))
      .Help(std::string(help))
      .Register(*registry_)
      .Add(to_labels(labels));
}

prometheus::Histogram& Metrics::histogram(std::string_view name, std::string_view help, const Labels& labels,
                                          std::vector<double> buckets) {
  if (buckets.empty()) buckets = latency_seconds;
  return prometheus::BuildHistogram()
      .Name(std::string(name))
      .Help(std::string(help))
      .Register(*registry_)
      .Add(to_labels(labels), buckets);
}

std::string Metrics::expose() const { return prometheus::TextSerializer().Serialize(registry_->Collect()); }

}  // namespace bazar::observe
