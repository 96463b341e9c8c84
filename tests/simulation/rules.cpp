#include "rules.hpp"

#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>

namespace bazar::simulation {
namespace {

template <class Visit>
void for_each_rule(Visit visit) {
  using Members = boost::describe::describe_members<Rules, boost::describe::mod_public>;
  boost::mp11::mp_for_each<Members>([&](auto member) { visit(member.name, member.pointer); });
}

}  // namespace

bool switch_off(Rules& rules, std::string_view name) {
  bool found = false;
  for_each_rule([&](std::string_view each, bool Rules::* rule) {
    if (each != name) return;
    rules.*rule = false;
    found = true;
  });
  return found;
}

std::vector<std::string> rule_names() {
  std::vector<std::string> names;
  for_each_rule([&](const char* name, bool Rules::*) { names.emplace_back(name); });
  return names;
}

}  // namespace bazar::simulation
