#include <fmt/format.h>
#include <algorithm>

#include "catalog.hpp"
#include "frontend.hpp"
#include "world.hpp"

namespace bazar::simulation {

// As catalog::Membership.

void Frontend::round() {
  if (leaving_) return;
  if (control_stall() > microseconds(0)) return after_true(control_stall(), [this] { round(); });
  if (registered_) {
    renew();
  } else {
    enroll();
  }
}

void Frontend::stall_control(microseconds time) {
  control_stalled_until_ = world().now() + time;
  world().note([&] { return name() + ": the control loop stands still"; });
}

microseconds Frontend::control_stall() const {
  return std::max(control_stalled_until_ - world().now(), microseconds(0));
}

void Frontend::next_round(bool done) {
  const milliseconds interval = world().parameters.renew_interval;
  after(done ? interval : std::min(interval, world().parameters.lease / 10), [this] { round(); });
}

void Frontend::renew() {
  Catalog& catalog = any_catalog();
  const SteadyTime sent = clock();
  const std::string incarnation = incarnation_;
  call<Renewal>(
      catalog, [&] { return "renewal of " + incarnation; }, world().parameters.call_timeout,
      [&catalog, name = name_in_catalog_, incarnation](const Respond<Renewal>& respond) {
        catalog.renew(name, incarnation, respond);
      },
      [this](const std::optional<Renewal>& renewal) {
        if (!renewal) return next_round(false);
        registered_ = renewal->grant.has_value();
        if (registered_) return next_round(true);
        ++world().statistics.renewals_refused;
        round();
      },
      Repeatable::yes,
      [this, incarnation, sent](const Renewal& renewal) {
        accept(incarnation, renewal.grant, sent, renewal.read_at);
      });
}

void Frontend::enroll() {
  if (!std::exchange(enrolling_, true)) {
    incarnation_ = fmt::format("{}#{}", name(), ++incarnations_);
    protocol_->begin_incarnation(incarnation_);
    if (world().parameters.flushes_on_register) cache_->clear();
    world().checker.floors_changed(*this);
  }
  Catalog& catalog = any_catalog();
  const SteadyTime sent = clock();
  const Enroll request{name_in_catalog_, incarnation_, node()};
  ++world().statistics.registrations;
  if (world().database.lock.holder()) ++world().statistics.registrations_during_a_write;
  call<WriteAnswer>(
      catalog, [&] { return "registration of " + request.incarnation; }, world().parameters.call_timeout,
      [&catalog, request](const Respond<WriteAnswer>& respond) { catalog.submit(request, respond); },
      [this](const std::optional<WriteAnswer>& answer) {
        if (!answer) return next_round(false);
        enrolling_ = false;
        registered_ = answer->grant && answer->grant->lease_ms > 0;
        if (!registered_) ++world().statistics.registrations_too_late;
        next_round(registered_);
      },
      Repeatable::yes,
      [this, incarnation = incarnation_, sent](const WriteAnswer& answer) {
        const bool live = answer.grant && answer.grant->lease_ms > 0;
        accept(incarnation, live ? answer.grant : std::nullopt, sent, answer.granted_at);
      });
}

// Also answers that come late or twice: they must do no harm.
void Frontend::accept(const std::string& incarnation, const std::optional<catalog::Grant>& grant,
                      SteadyTime sent, Instant granted_at) {
  if (!grant) return;
  const auto effect = protocol_->granted(incarnation, *grant, sent, clock());
  world().note([&] {
    const char* how = effect == frontend::FrontendProtocol::GrantEffect::ignored    ? "ignores a grant"
                      : effect == frontend::FrontendProtocol::GrantEffect::extended ? "has its lease extended"
                                                                                    : "is admitted";
    return fmt::format("{} {} for {} (epoch {}, revision {})", name(), how, incarnation, grant->epoch,
                       grant->revision);
  });
  ++world().statistics.renewals;
  if (effect == frontend::FrontendProtocol::GrantEffect::ignored) {
    ++world().statistics.grants_ignored;
  } else {
    world().checker.lease_accepted(incarnation, granted_at);
  }
  world().checker.floors_changed(*this);
}

void Frontend::leave(const Action& gone) {
  if (leaving_) return;
  leaving_ = true;
  ++world().statistics.farewells;
  world().note([&] { return name() + " takes leave"; });
  if (world().rules.leave_ends_lease_first) {
    protocol_->end_incarnation();
    return retire(gone);
  }
  retire([this, gone] { after_true(world().parameters.lease / 4, gone); });
}

void Frontend::retire(const Action& gone) {
  Catalog& catalog = any_catalog();
  call<WriteAnswer>(
      catalog, [&] { return "farewell of " + incarnation_; }, world().parameters.call_timeout,
      [&catalog, name = name_in_catalog_, incarnation = incarnation_](const Respond<WriteAnswer>& respond) {
        catalog.retire(name, incarnation, respond);
      },
      [gone](const std::optional<WriteAnswer>&) { gone(); });
}

}  // namespace bazar::simulation
