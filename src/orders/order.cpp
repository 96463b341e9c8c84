#include "orders/order.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/digest.hpp"
#include "base/text.hpp"

namespace bazar::orders {
namespace {

using enum PurchaseStatus;

constexpr std::array<std::pair<PurchaseStatus, std::string_view>, 7> status_names = {{
    {bought, "bought"},
    {out_of_stock, "out_of_stock"},
    {not_found, "not_found"},
    {key_reused, "key_reused"},
    {in_flight, "in_flight"},
    {unavailable, "unavailable"},
    {invalid, "invalid"},
}};

// Unicode's White_Space property without the control characters, which are refused anyway.
constexpr std::array<std::string_view, 19> blanks = {" ",
                                                     "\xC2\xA0",
                                                     "\xE1\x9A\x80",
                                                     "\xE2\x80\x80",
                                                     "\xE2\x80\x81",
                                                     "\xE2\x80\x82",
                                                     "\xE2\x80\x83",
                                                     "\xE2\x80\x84",
                                                     "\xE2\x80\x85",
                                                     "\xE2\x80\x86",
                                                     "\xE2\x80\x87",
                                                     "\xE2\x80\x88",
                                                     "\xE2\x80\x89",
                                                     "\xE2\x80\x8A",
                                                     "\xE2\x80\xA8",
                                                     "\xE2\x80\xA9",
                                                     "\xE2\x80\xAF",
                                                     "\xE2\x81\x9F",
                                                     "\xE3\x80\x80"};

bool is_blank(std::string_view text) {
  while (!text.empty()) {
    if (text.front() > ' ' && text.front() <= '~') return false;
    const auto* blank = std::ranges::find_if(blanks, [&](std::string_view b) { return text.starts_with(b); });
    if (blank == blanks.end()) return false;
    text.remove_prefix(blank->size());
  }
  return true;
}

}  // namespace

Receipt to_receipt(const Order& order) {
  const catalog::SoldLine& line = order.lines.front();
  return {.order_id = order.order_id,
          .book_id = line.book_id,
          .title = line.title,
          .quantity = line.quantity,
          .price = line.price,
          .currency = order.currency,
          .name = order.name,
          .ordered_at = order.ordered_at,
          .message = "bought book " + line.title};
}

MoneySum total_of(const std::vector<catalog::SoldLine>& lines) {
  MoneySum total;
  for (const auto& line : lines) total.minor += line.price.minor * line.quantity;
  return total;
}

Order to_order(catalog::Sale sale) {
  const MoneySum total = total_of(sale.lines);
  return Order{.order_id = sale.order_id,
               .name = std::move(sale.name),
               .currency = std::move(sale.currency),
               .lines = std::move(sale.lines),
               .total = total,
               .ordered_at = sale.sold_at};
}

std::expected<void, FieldError> validate_name(std::string_view name) {
  if (auto checked = catalog::validate_customer(name); !checked) return checked;
  if (is_blank(name)) return std::unexpected(FieldError{"name", "must not be blank"});
  return {};
}

std::expected<void, FieldError> validate(const PurchaseRequest& request) {
  if (!is_visible_ascii_key(request.key)) {
    return std::unexpected(FieldError{"key", "must be 1 to 255 visible ASCII characters"});
  }
  if (auto name = validate_name(request.name); !name) return name;
  return catalog::validate_lines(request.lines);
}

std::string fingerprint(const PurchaseRequest& request) {
  // The length keeps a name that looks like lines from meaning the same as those lines.
  std::string canonical = std::to_string(request.name.size());
  canonical.reserve(canonical.size() + 1 + request.name.size() + request.lines.size() * 24);
  canonical.append(":").append(request.name);
  auto lines = request.lines;
  std::ranges::sort(lines, {}, &catalog::SaleLine::book_id);
  for (const auto& line : lines) {
    canonical.append(";").append(std::to_string(line.book_id.value));
    canonical.append("x").append(std::to_string(line.quantity));
  }
  return sha256_hex(canonical);
}

std::string_view to_string(PurchaseStatus status) {
  return std::ranges::find(status_names, status, [](const auto& entry) { return entry.first; })->second;
}

std::optional<PurchaseStatus> parse_purchase_status(std::string_view text) {
  const auto* entry = std::ranges::find(status_names, text, [](const auto& known) { return known.second; });
  if (entry == status_names.end()) return std::nullopt;
  return entry->first;
}

}  // namespace bazar::orders
