#include "catalog/membership/member.hpp"

namespace bazar::catalog {

std::string_view to_string(Role role) {
  switch (role) {
    case Role::frontend:
      return "frontend";
    case Role::catalog:
      return "catalog";
    case Role::orders:
      return "orders";
  }
  return "unknown";
}

std::optional<Role> parse_role(std::string_view text) {
  for (const Role role : {Role::frontend, Role::catalog, Role::orders}) {
    if (to_string(role) == text) return role;
  }
  return std::nullopt;
}

std::string_view to_string(MemberState state) {
  switch (state) {
    case MemberState::live:
      return "live";
    case MemberState::revoked:
      return "revoked";
    case MemberState::gone:
      return "gone";
  }
  return "unknown";
}

std::optional<MemberState> parse_member_state(std::string_view text) {
  for (const MemberState state : {MemberState::live, MemberState::revoked, MemberState::gone}) {
    if (to_string(state) == text) return state;
  }
  return std::nullopt;
}

}  // namespace bazar::catalog
