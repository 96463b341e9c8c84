#include "catalog/book.hpp"

#include "base/text.hpp"

namespace bazar::catalog {
namespace {

using Checked = std::expected<void, FieldError>;

std::unexpected<FieldError> refuse(std::string field, std::string detail) {
  return std::unexpected(FieldError{std::move(field), std::move(detail)});
}

Checked check_text(std::string_view field, std::string_view text, std::size_t max_bytes) {
  if (text.empty()) return refuse(std::string(field), "must not be empty");
  if (text.size() > max_bytes) {
    return refuse(std::string(field), "must be at most " + std::to_string(max_bytes) + " bytes");
  }
  if (!is_utf8(text)) return refuse(std::string(field), "must be UTF-8");
  if (has_control_characters(text)) return refuse(std::string(field), "must not contain control characters");
  return {};
}

Checked check_id(BookId id) {
  if (id.value < 1 || id.value > BookId::max) return refuse("id", "must be a positive integer up to 2^53-1");
  return {};
}

Checked check_price(Money price) {
  if (price.minor < 0 || price.minor > Money::max)
    return refuse("price", "must be an amount from 0 up to the maximum");
  return {};
}

Checked check_currency(const std::string& code, const Currency& currency) {
  if (code != currency.code) return refuse("currency", "must be the store's currency");
  return {};
}

Checked check_quantity(std::int64_t quantity) {
  if (quantity < 0 || quantity > max_stock)
    return refuse("quantity", "must be from 0 to " + std::to_string(max_stock));
  return {};
}

Checked check_authors(const std::vector<std::string>& authors) {
  if (authors.size() > max_authors)
    return refuse("authors", "must be at most " + std::to_string(max_authors));
  for (std::size_t i = 0; i < authors.size(); ++i) {
    auto checked = check_text("authors[" + std::to_string(i) + "]", authors[i], max_title_bytes);
    if (!checked) return checked;
  }
  return {};
}

Checked check_isbn(const std::string& isbn) {
  if (!is_isbn13(isbn)) return refuse("isbn", "must be the 13 digits of an ISBN with a right check digit");
  return {};
}

Checked check_year(int year) {
  if (year < -9999 || year > 9999) return refuse("year", "must be from -9999 to 9999");
  return {};
}

bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }

/// The shape of a language tag (RFC 5646): subtags of one to eight letters or digits, the first of letters
/// only.
bool is_language_tag(std::string_view tag) {
  if (tag.empty() || tag.size() > max_language_bytes) return false;
  bool first = true;
  for (std::size_t begin = 0; begin <= tag.size();) {
    const std::size_t end = std::min(tag.find('-', begin), tag.size());
    const auto subtag = tag.substr(begin, end - begin);
    if (subtag.empty() || subtag.size() > 8) return false;
    for (const char c : subtag) {
      if (!is_ascii_letter(c) && (first || !is_ascii_digit(c))) return false;
    }
    if (first && subtag.size() < 2) return false;
    first = false;
    begin = end + 1;
  }
  return true;
}

Checked check_language(const std::string& tag) {
  if (!is_language_tag(tag)) return refuse("language", "must be a language tag such as en or pt-BR");
  return {};
}

Checked check_description(const std::string& text) {
  return check_text("description", text, max_description_bytes);
}

/// Runs `check` on an optional member that has a value.
template <class Optional, class Check>
Checked where_present(const Optional& member, Check check) {
  if (!member) return {};
  return check(*member);
}

Checked first_refusal(std::initializer_list<Checked> checks) {
  for (const auto& check : checks) {
    if (!check) return check;
  }
  return {};
}

/// Sets or removes an optional member as the patch says (RFC 7396).
template <class T>
void merge(std::optional<T>& member, const json::Patch<T>& patch) {
  if (patch.present) member = patch.value;
}

}  // namespace

Checked validate(const BookDraft& draft, const Currency& currency) {
  const auto in_currency = [&](const std::string& code) { return check_currency(code, currency); };
  return first_refusal({where_present(draft.id, check_id), check_text("title", draft.title, max_title_bytes),
                        check_text("topic", draft.topic, max_topic_bytes), check_price(draft.price),
                        where_present(draft.currency, in_currency), check_quantity(draft.quantity),
                        where_present(draft.authors, check_authors), where_present(draft.isbn, check_isbn),
                        where_present(draft.year, check_year), where_present(draft.language, check_language),
                        where_present(draft.description, check_description)});
}

Checked validate(const BookPatch& patch, const Currency& currency) {
  const auto in_currency = [&](const std::string& code) { return check_currency(code, currency); };
  const auto title = [](const std::string& text) { return check_text("title", text, max_title_bytes); };
  const auto topic = [](const std::string& text) { return check_text("topic", text, max_topic_bytes); };
  return first_refusal(
      {where_present(patch.id, check_id), where_present(patch.title, title),
       where_present(patch.topic, topic), where_present(patch.price, check_price),
       where_present(patch.currency, in_currency), where_present(patch.quantity, check_quantity),
       where_present(patch.authors.value, check_authors), where_present(patch.isbn.value, check_isbn),
       where_present(patch.year.value, check_year), where_present(patch.language.value, check_language),
       where_present(patch.description.value, check_description)});
}

Book apply(const BookPatch& patch, Book book) {
  book.title = patch.title.value_or(std::move(book.title));
  book.topic = patch.topic.value_or(std::move(book.topic));
  book.price = patch.price.value_or(book.price);
  book.quantity = patch.quantity.value_or(book.quantity);
  merge(book.authors, patch.authors);
  merge(book.isbn, patch.isbn);
  merge(book.year, patch.year);
  merge(book.language, patch.language);
  merge(book.description, patch.description);
  return book;
}

bool is_isbn13(std::string_view digits) {
  if (digits.size() != 13 || !std::ranges::all_of(digits, is_ascii_digit)) return false;
  if (!digits.starts_with("978") && !digits.starts_with("979")) return false;
  int sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) sum += (digits[i] - '0') * (i % 2 == 0 ? 1 : 3);
  return sum % 10 == 0;
}

}  // namespace bazar::catalog
