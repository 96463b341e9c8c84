#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace bazar::cli {

/// A server of the store, as DIR/members.json and `bazar members` show it.
struct MemberRow {
  std::string role;
  std::string name;
  std::string url;
  std::optional<std::int64_t> pid;   ///< known to the supervisor only
  std::optional<std::string> state;  ///< known to the catalog only
  friend bool operator==(const MemberRow&, const MemberRow&) = default;
};
BOOST_DESCRIBE_STRUCT(MemberRow, (), (role, name, url, pid, state))

[[nodiscard]] std::string encode_members(const std::vector<MemberRow>& members);
/// Throws Failure where the file is missing or not of that form.
[[nodiscard]] std::vector<MemberRow> read_members(const std::filesystem::path& file);

/// Aligned columns with a heading, a line each.
[[nodiscard]] std::string members_table(const std::vector<MemberRow>& members);

}  // namespace bazar::cli
