#pragma once

#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"

namespace bazar::catalog {

enum class Role : std::uint8_t { frontend, catalog, orders };
[[nodiscard]] std::string_view to_string(Role role);
[[nodiscard]] std::optional<Role> parse_role(std::string_view text);

/// A running server of the store, as the catalog's database knows it.
enum class MemberState : std::uint8_t {
  live,
  revoked,  ///< a front-end that did not approve a write; a writer that finds it waits out its lease
  gone,     ///< its lease has run out, or its death was seen: writes need not ask it
};
[[nodiscard]] std::string_view to_string(MemberState state);
[[nodiscard]] std::optional<MemberState> parse_member_state(std::string_view text);

struct Member {
  Role role = Role::frontend;
  std::string name;         ///< frontend-1: unique within its role
  std::string url;          ///< where it serves
  std::string control_url;  ///< where a front-end takes `POST /invalidate`; equal to url where it named none
  std::string incarnation;  ///< random, new at each start and each registration after a lost lease
  MemberState state = MemberState::live;
  friend bool operator==(const Member&, const Member&) = default;
};

/// What a registration or renewal grants.
struct Grant {
  std::string epoch;          ///< of the catalog's database: a new one means that everything cached is void
  Revision revision = 0;      ///< of the snapshot that granted it
  std::int64_t lease_ms = 0;  ///< leave to answer from the cache, counted from before the request was sent
};
BOOST_DESCRIBE_STRUCT(Grant, (), (epoch, revision, lease_ms))

}  // namespace bazar::catalog
