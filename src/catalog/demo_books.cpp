#include "catalog/demo_books.hpp"

#include "base/assert.hpp"

namespace bazar::catalog {
namespace {

struct DemoBook {
  std::string_view title;
  std::string_view topic;
  std::string_view price;
  std::int64_t quantity;
};

constexpr std::array books = {
    DemoBook{"How to get a good grade in DOS in 40 minutes a day", "distributed systems", "100.00", 85},
    DemoBook{"RPCs for Noobs", "distributed systems", "22.35", 60},
    DemoBook{"Xen and the Art of Surviving Undergraduate School", "undergraduate school", "50.00", 8},
    DemoBook{"Cooking for the Impatient Undergrad", "undergraduate school", "89.33", 65},
    DemoBook{"How to finish Project 3 on time", "new", "70.00", 40},
    DemoBook{"Why theory classes are so hard", "new", "100.00", 80},
    DemoBook{"Spring in the Pioneer Valley", "new", "700.00", 90},
};

/// A currency without decimals drops the cents: 22.35 becomes 22.
Money price_in(std::string_view text, const Currency& currency) {
  const auto whole = currency.decimals == 0 ? text.substr(0, text.find('.')) : text;
  const auto price = parse_money(whole, currency.decimals);
  BAZAR_ASSERT(price, "demo prices are amounts");
  return *price;
}

}  // namespace

std::vector<ImportItem> demo_books(const Currency& currency) {
  std::vector<ImportItem> items;
  for (std::size_t i = 0; i < books.size(); ++i) {
    BookDraft draft;
    draft.id = BookId{static_cast<std::int64_t>(i) + 1};
    draft.title = books[i].title;
    draft.topic = books[i].topic;
    draft.price = price_in(books[i].price, currency);
    draft.quantity = books[i].quantity;
    items.push_back({"demo:" + std::to_string(i + 1), std::move(draft)});
  }
  return items;
}

}  // namespace bazar::catalog
