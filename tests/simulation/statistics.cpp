#include "statistics.hpp"

#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <cstdio>

namespace bazar::simulation {
namespace {

using Members = boost::describe::describe_members<Statistics, boost::describe::mod_public |
                                                                  boost::describe::mod_inherited>;

}  // namespace

Statistics& operator+=(Statistics& sum, const Statistics& more) {
  boost::mp11::mp_for_each<Members>([&](auto member) { sum.*member.pointer += more.*member.pointer; });
  return sum;
}

void for_each(const Statistics& statistics,
              const std::function<void(std::string_view, std::int64_t)>& visit) {
  boost::mp11::mp_for_each<Members>([&](auto member) { visit(member.name, statistics.*member.pointer); });
}

void print_table(const Statistics& statistics) {
  for_each(statistics, [](std::string_view name, std::int64_t count) {
    std::printf("  %-34.*s %12lld\n", static_cast<int>(name.size()), name.data(),
                static_cast<long long>(count));
  });
}

}  // namespace bazar::simulation
