#include "load/recorder.hpp"

#include <algorithm>

namespace bazar::load {
namespace {

enum class Kind : std::uint8_t { succeeded, refused, shed, unexpected };

Kind kind_of(unsigned status) {
  if (status >= 200 && status < 300) return Kind::succeeded;
  if (status == 403) return Kind::refused;
  return status == 429 || status == 503 ? Kind::shed : Kind::unexpected;
}

milliseconds to_ms(nanoseconds time) { return std::chrono::round<milliseconds>(time); }

template <class Counts>
void count(Counts& counts, Kind kind) {
  switch (kind) {
    case Kind::succeeded:
      ++counts.succeeded;
      return;
    case Kind::refused:
      ++counts.refused;
      return;
    case Kind::shed:
      ++counts.shed;
      return;
    case Kind::unexpected:
      break;
  }
  if constexpr (requires { counts.unexpected; }) {
    ++counts.unexpected;
  } else {
    ++counts.failed;
  }
}

void count(OperationResult& result, CacheOutcome outcome) {
  if (outcome == CacheOutcome::hit) ++result.hits;
  if (outcome == CacheOutcome::miss) ++result.misses;
  if (outcome == CacheOutcome::bypass) ++result.bypasses;
}

}  // namespace

Recorder::Recorder(Interval measured, nanoseconds sample_every, Observer observer)
    : measured_(measured),
      sample_every_(sample_every),
      observer_(std::move(observer)),
      step_end_(sample_every) {
  step_.at = to_ms(-measured.begin);
}

void Recorder::answered(Operation operation, Instant due, Instant now, const Answer& answer) {
  const Kind kind = kind_of(answer.status);
  const bool decided = kind == Kind::succeeded || kind == Kind::refused;
  count(step_, kind);
  if (decided) step_latency_.record(now - due);
  if (is_measured(now)) {
    ++answers_;
    if (kind == Kind::succeeded) ++successes_;
  }
  if (!is_measured(due)) return;
  OperationResult& result = result_.by_operation.at(static_cast<std::size_t>(operation));
  count(result, kind);
  count(result, answer.cache);
  if (decided) result.latency.record(now - due);
  if (kind == Kind::shed) result.shed_latency.record(now - due);
  ++statuses_.at(std::min<std::size_t>(answer.status, statuses_.size() - 1));
}

void Recorder::failed(Operation operation, Instant due, Failure how) {
  ++step_.failed;
  if (!is_measured(due)) return;
  OperationResult& result = result_.by_operation.at(static_cast<std::size_t>(operation));
  ++(how == Failure::timed_out ? result.timed_out : result.lost);
}

void Recorder::dropped(Instant due) {
  ++step_.dropped;
  if (is_measured(due)) ++result_.dropped;
}

void Recorder::sent(Instant due, Instant now) {
  if (is_measured(due)) result_.send_lag.record(now - due);
}

void Recorder::end_steps(Instant now, std::size_t backlog, std::size_t connections) {
  while (step_end_ <= now) {
    step_.backlog = backlog;
    step_.connected = connections;
    step_.p50 = step_latency_.quantile(0.5);
    step_.p99 = step_latency_.quantile(0.99);
    step_.max = step_latency_.max();
    result_.samples.push_back(step_);
    if (observer_) observer_(step_);
    step_ = {.at = to_ms(step_end_ - measured_.begin)};
    step_latency_.clear();
    step_end_ += sample_every_;
  }
}

void Recorder::stop(Instant now) { measured_.end = std::clamp(now, measured_.begin, measured_.end); }

Result Recorder::take(double generator_cpu) {
  const nanoseconds measured = measured_.end - measured_.begin;
  result_.measured = to_ms(measured);
  if (measured.count() > 0) {
    const double seconds = std::chrono::duration<double>(measured).count();
    result_.answers_per_s = static_cast<double>(answers_) / seconds;
    result_.goodput_per_s = static_cast<double>(successes_) / seconds;
  }
  for (unsigned status = 0; status < statuses_.size(); ++status) {
    if (statuses_.at(status) > 0) result_.statuses[status] = statuses_.at(status);
  }
  result_.generator_cpu = generator_cpu;
  return std::move(result_);
}

}  // namespace bazar::load
