#include "cli/up/members_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/failure.hpp"
#include "cli/up/files.hpp"
#include "json/decode.hpp"
#include "json/encode.hpp"

namespace bazar::cli {

std::string encode_members(const std::vector<MemberRow>& members) {
  std::string out = "[";
  for (const auto& member : members) {
    out += out.size() > 1 ? ",\n " : "\n ";
    json::encode(out, member);
  }
  return out + "\n]\n";
}

std::vector<MemberRow> read_members(const std::filesystem::path& file) {
  const auto text = read_file(file, std::size_t{1} << 20);
  auto members = json::decode<std::vector<MemberRow>>(text);
  if (!members) {
    throw Failure(fmt::format("{} is not a list of members: {} {}", file.string(), members.error().field,
                              members.error().detail));
  }
  return *std::move(members);
}

std::string members_table(const std::vector<MemberRow>& members) {
  using Cells = std::array<std::string, 4>;
  const bool pids = std::ranges::any_of(members, [](const auto& member) { return member.pid.has_value(); });
  std::vector<Cells> rows{{"ROLE", "NAME", "URL", pids ? "PID" : "STATE"}};
  for (const auto& member : members) {
    rows.push_back({member.role, member.name, member.url,
                    pids ? (member.pid ? fmt::to_string(*member.pid) : "-") : member.state.value_or("-")});
  }
  std::array<std::size_t, 4> widths{};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    out += fmt::format("{:<{}}  {:<{}}  {:<{}}  {}\n", row[0], widths[0], row[1], widths[1], row[2],
                       widths[2], row[3]);
  }
  return out;
}

}  // namespace bazar::cli
