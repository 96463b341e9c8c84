#include "catalog/sale.hpp"

#include "base/text.hpp"

namespace bazar::catalog {
namespace {

std::unexpected<FieldError> refuse(std::string field, std::string detail) {
  return std::unexpected(FieldError{std::move(field), std::move(detail)});
}

std::expected<void, FieldError> validate_key(std::string_view field, std::string_view key) {
  if (!is_visible_ascii_key(key))
    return refuse(std::string(field), "must be 1 to 255 visible ASCII characters");
  return {};
}

std::string line_field(std::size_t index, std::string_view name) {
  return "lines[" + std::to_string(index) + "]." + std::string(name);
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::sold:
      return "sold";
    case Verdict::out_of_stock:
      return "out_of_stock";
    case Verdict::not_found:
      return "not_found";
    case Verdict::conflict:
      return "conflict";
  }
  return "unknown";
}

std::optional<Verdict> parse_verdict(std::string_view text) {
  for (const Verdict verdict :
       {Verdict::sold, Verdict::out_of_stock, Verdict::not_found, Verdict::conflict}) {
    if (to_string(verdict) == text) return verdict;
  }
  return std::nullopt;
}

std::expected<void, FieldError> validate_customer(std::string_view name) {
  if (name.empty()) return refuse("name", "must not be empty");
  if (name.size() > max_name_bytes)
    return refuse("name", "must be at most " + std::to_string(max_name_bytes) + " bytes");
  if (!is_utf8(name)) return refuse("name", "must be UTF-8");
  if (has_control_characters(name)) return refuse("name", "must not contain control characters");
  return {};
}

std::expected<void, FieldError> validate_lines(std::span<const SaleLine> lines) {
  if (lines.empty()) return refuse("lines", "must name at least one book");
  if (lines.size() > max_lines) return refuse("lines", "must be at most " + std::to_string(max_lines));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& line = lines[i];
    if (line.book_id.value < 1 || line.book_id.value > BookId::max) {
      return refuse(line_field(i, "book_id"), "must be a positive integer up to 2^53-1");
    }
    if (line.quantity < 1 || line.quantity > max_line_quantity) {
      return refuse(line_field(i, "quantity"), "must be from 1 to " + std::to_string(max_line_quantity));
    }
    for (const auto& earlier : lines.first(i)) {
      if (earlier.book_id == line.book_id)
        return refuse(line_field(i, "book_id"), "must not name a book twice");
    }
  }
  return {};
}

std::expected<void, FieldError> validate(const SaleRequest& request) {
  auto checked = validate_key("key", request.key);
  if (checked) checked = validate_customer(request.name);
  if (checked) checked = validate_lines(request.lines);
  if (checked) checked = validate_key("fingerprint", request.fingerprint);
  return checked;
}

}  // namespace bazar::catalog
