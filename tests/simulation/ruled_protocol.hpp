#pragma once

#include <map>
#include <string>
#include <utility>

#include "frontend/coherence/frontend_protocol.hpp"
#include "messages.hpp"
#include "rules.hpp"

namespace bazar::simulation {

[[nodiscard]] inline BookId id_of(Book book) { return BookId{book + 1}; }

/// The real frontend::FrontendProtocol, and between it and its shell the place where a rule that is switched
/// off is bypassed. With all rules on it only passes on.
class RuledProtocol {
 public:
  RuledProtocol(const Rules& rules, std::size_t max_floors)
      : rules_(rules), real_(max_floors), remembered_(max_floors) {}

  [[nodiscard]] const frontend::FrontendProtocol& real() const { return real_; }
  [[nodiscard]] const std::string& incarnation() const { return incarnation_; }
  [[nodiscard]] const std::string& epoch() const { return real_.epoch(); }

  void begin_incarnation(const std::string& incarnation);
  void end_incarnation();
  frontend::FrontendProtocol::GrantEffect granted(const std::string& incarnation, catalog::Grant grant,
                                                  SteadyTime sent, SteadyTime now);
  [[nodiscard]] bool invalidate(const catalog::Invalidation& invalidation, SteadyTime now);

  /// How many floors were forgotten for space since the last call.
  [[nodiscard]] int take_forgotten() { return std::exchange(forgotten_, 0); }

  [[nodiscard]] bool has_lease(SteadyTime now) const { return real_.has_lease(now); }
  [[nodiscard]] bool may_serve(Book book, const Entry& entry, SteadyTime now) const;
  [[nodiscard]] bool may_fill(Book book, const Entry& entry) const;
  [[nodiscard]] frontend::SharingTerms sharing_terms(Book book, SteadyTime now) const;
  [[nodiscard]] bool may_share(const frontend::SharingTerms& terms, const std::string& epoch,
                               Revision as_of) const;

 private:
  [[nodiscard]] Revision floor(Book book) const;
  [[nodiscard]] bool allows(Book book, const Entry& entry, bool by_floor, bool by_epoch) const;
  [[nodiscard]] bool approve_anyway(const catalog::Invalidation& invalidation) const;
  void remember_floors(const catalog::Invalidation& invalidation);

  const Rules& rules_;
  frontend::FrontendProtocol real_;
  std::string incarnation_;
  // For the rule that a forgotten floor leaves a minimum: floors without one.
  frontend::LruCache<Book, Revision> remembered_;
  Revision admission_ = 0;
  int forgotten_ = 0;
};

}  // namespace bazar::simulation
