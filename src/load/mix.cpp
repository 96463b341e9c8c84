#include "load/mix.hpp"

#include <numeric>

namespace bazar::load {
namespace {

Mix shares(std::string_view name, double browsing, double ordering) {
  return {.name = name, .parts = {browsing * 0.75, browsing * 0.25, ordering, 0}};
}

}  // namespace

std::string_view to_string(Operation operation) {
  switch (operation) {
    case Operation::lookup:
      return "lookup";
    case Operation::search:
      return "search";
    case Operation::purchase:
      return "purchase";
    case Operation::fetch:
      return "fetch";
  }
  return {};
}

std::optional<Mix> find_mix(std::string_view name) {
  if (name == "browse") return shares("browse", 95, 5);
  if (name == "shop") return shares("shop", 80, 20);
  if (name == "order") return shares("order", 50, 50);
  if (name == "lookup") return only(Operation::lookup);
  if (name == "search") return only(Operation::search);
  if (name == "purchase") return only(Operation::purchase);
  if (name == "hot") return Mix{.name = "hot", .parts = {80, 0, 20, 0}, .one_book = true};
  return std::nullopt;
}

Mix only(Operation operation) {
  Mix mix{.name = to_string(operation)};
  mix.parts.at(static_cast<std::size_t>(operation)) = 1;
  return mix;
}

Operation draw(const Mix& mix, Random& random) {
  double left = draw_unit(random) * std::reduce(mix.parts.begin(), mix.parts.end());
  Operation drawn = Operation::lookup;
  for (const Operation operation : operations) {
    if (mix.part(operation) == 0) continue;
    drawn = operation;
    left -= mix.part(operation);
    if (left < 0) break;
  }
  return drawn;
}

}  // namespace bazar::load
