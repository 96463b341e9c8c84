#include "catalog/wire.hpp"

namespace bazar::catalog::wire {
namespace {

constexpr std::string_view replayed = "replayed";

Decision to_decision(const SaleOutcome& outcome) {
  Decision decision;
  decision.outcome = to_string(outcome.verdict);
  if (outcome.sale) {
    decision.order_id = outcome.sale->order_id;
    decision.name = outcome.sale->name;
    decision.currency = outcome.sale->currency;
    decision.lines = outcome.sale->lines;
    decision.sold_at = outcome.sale->sold_at;
    decision.version = outcome.sale->version;
  }
  if (!outcome.refused.empty()) decision.refused = outcome.refused;
  return decision;
}

std::optional<Sale> to_sale(const Decision& d, const std::string& key) {
  if (!d.order_id || !d.name || !d.currency || !d.lines || !d.sold_at || !d.version) return std::nullopt;
  return Sale{*d.order_id, key, *d.name, *d.currency, *d.lines, *d.sold_at, *d.version};
}

std::optional<SaleOutcome> to_outcome(const Decision& decision, const std::string& key) {
  const auto verdict = parse_verdict(decision.outcome);
  if (!verdict) return std::nullopt;
  SaleOutcome outcome{*verdict, false, std::nullopt, decision.refused.value_or(std::vector<RefusedLine>{})};
  if (*verdict == Verdict::sold) {
    outcome.sale = to_sale(decision, key);
    if (!outcome.sale) return std::nullopt;
  }
  return outcome;
}

}  // namespace

Outcome to_wire(const SaleOutcome& outcome) {
  Outcome out;
  if (outcome.replayed) {
    out.outcome = replayed;
    out.first = to_decision(outcome);
  } else {
    static_cast<Decision&>(out) = to_decision(outcome);
  }
  return out;
}

std::optional<SaleOutcome> from_wire(const Outcome& outcome, const std::string& key) {
  if (outcome.outcome != replayed) return to_outcome(outcome, key);
  if (!outcome.first) return std::nullopt;
  auto first = to_outcome(*outcome.first, key);
  if (first) first->replayed = true;
  return first;
}

Member to_wire(const catalog::Member& member) {
  return {
      std::string(to_string(member.role)), member.name, member.url, member.control_url, member.incarnation,
      std::string(to_string(member.state))};
}

std::optional<catalog::Member> from_wire(const Member& member) {
  const auto role = parse_role(member.role);
  const auto state = parse_member_state(member.state);
  if (!role || !state) return std::nullopt;
  return catalog::Member{*role, member.name, member.url, member.control_url, member.incarnation, *state};
}

}  // namespace bazar::catalog::wire
