#include <fmt/format.h>

#include "catalog.hpp"
#include "frontend.hpp"
#include "world.hpp"

namespace bazar::simulation {
namespace {

constexpr int most_tries = 2;

/// An edit without a condition and without a key must not be sent a second time by anyone.
Repeatable repeatable(const WriteRequest& request) {
  const auto* edit = std::get_if<SetPrice>(&request);
  return edit && !edit->if_match ? Repeatable::no : Repeatable::yes;
}

std::string describe(const WriteRequest& request) {
  if (const auto* edit = std::get_if<SetPrice>(&request)) {
    return fmt::format("operation {}: price {} for book {}{}", edit->operation, edit->price, edit->book,
                       edit->if_match ? fmt::format(" if version {}", *edit->if_match) : "");
  }
  if (const auto* change = std::get_if<AddStock>(&request)) {
    return fmt::format("operation {}: add {} to book {}", change->operation, change->delta, change->book);
  }
  const auto& buy = std::get<Buy>(request);
  return fmt::format("operation {}: buy {} of book {}, key {}", buy.operation, buy.lines.front().count,
                     buy.lines.front().book, buy.key);
}

}  // namespace

void Frontend::write(WriteRequest request, Respond<std::optional<WriteAnswer>> respond) {
  decide_from_cache(request);
  forward(request, respond, most_tries);
}

// With all rules on, decides nothing.
void Frontend::decide_from_cache(WriteRequest& request) {
  if (auto* change = std::get_if<AddStock>(&request);
      change && !world().rules.edits_decided_where_data_is_kept) {
    if (const auto entry = find_private(change->book)) {
      change->absolute = std::max<std::int64_t>(0, entry->value.quantity + change->delta);
    }
  }
  if (auto* buy = std::get_if<Buy>(&request); buy && !world().rules.stock_taken_where_it_is_kept) {
    bool enough = true;
    for (const Line& line : buy->lines) {
      const auto entry = find_private(line.book);
      enough = enough && entry && entry->value.quantity >= line.count;
    }
    buy->unconditional = enough;
  }
}

void Frontend::forward(const WriteRequest& request, const Respond<std::optional<WriteAnswer>>& respond,
                       int tries) {
  Catalog& catalog = any_catalog();
  call<WriteAnswer>(
      catalog, [&] { return describe(request); }, world().parameters.call_timeout * 2,
      [&catalog, request](const Respond<WriteAnswer>& answer) { catalog.submit(request, answer); },
      [this, request, respond, tries](const std::optional<WriteAnswer>& answer) {
        const bool again = !answer && tries > 1 && repeatable(request) == Repeatable::yes;
        if (again) return forward(request, respond, tries - 1);
        respond(answer);
      },
      repeatable(request));
}

}  // namespace bazar::simulation
