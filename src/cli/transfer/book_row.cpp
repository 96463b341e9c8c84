#include "cli/transfer/book_row.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "cli/transfer/isbn.hpp"

namespace bazar::cli {
namespace {

using catalog::BookDraft;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// Only blanks are no value.
bool has_value(const std::optional<std::string>& field) { return field && !trimmed(*field).empty(); }

std::optional<std::int64_t> parse_whole(std::string_view text) {
  text = trimmed(text);
  if (text.ends_with(".0")) text.remove_suffix(2);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Line breaks and tabs within a text are layout of the file it came from, not of the title.
std::string on_one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  }
  return text;
}

void use_default(std::optional<std::string>& field, const std::string& value) {
  if (!has_value(field) && !value.empty()) field = value;
}

using Checked = std::expected<void, std::string>;

Checked read_required(BookFields& fields, const Currency& currency, BookDraft& book) {
  if (!has_value(fields.title)) return std::unexpected("has no title");
  if (!has_value(fields.topic)) return std::unexpected("has no topic");
  if (!has_value(fields.price)) return std::unexpected("has no price");
  book.title = on_one_line(*std::move(fields.title));
  book.topic = on_one_line(*std::move(fields.topic));
  const auto price = parse_money(trimmed(*fields.price), currency.decimals);
  if (!price) {
    return std::unexpected(fmt::format("price must be an amount of at most {} with at most {} decimals",
                                       to_string(Money{Money::max}, currency.decimals), currency.decimals));
  }
  book.price = *price;
  if (!has_value(fields.quantity)) return {};
  const auto quantity = parse_whole(*fields.quantity);
  if (!quantity) return std::unexpected("quantity must be a whole number");
  book.quantity = *quantity;
  return {};
}

Checked read_id(const BookFields& fields, BookDraft& book) {
  if (!has_value(fields.id)) return {};
  const auto id = parse_whole(*fields.id);
  if (!id || *id < 1 || *id > BookId::max) return std::unexpected("id must be a positive whole number");
  book.id = BookId{*id};
  return {};
}

/// Those that a book can do without; the number that were there but unusable.
unsigned read_optional(BookFields& fields, BookDraft& book) {
  unsigned unusable = 0;
  if (has_value(fields.currency)) book.currency = std::string(trimmed(*fields.currency));
  if (fields.authors) {
    book.authors = std::move(fields.authors);
    for (auto& author : *book.authors) author = on_one_line(std::move(author));
  }
  if (has_value(fields.isbn)) {
    book.isbn = to_isbn13(trimmed(*fields.isbn));
    if (!book.isbn) ++unusable;
  }
  if (has_value(fields.year)) {
    book.year = parse_year(*fields.year);
    if (!book.year) ++unusable;
  }
  if (has_value(fields.language)) book.language = std::string(trimmed(*fields.language));
  if (has_value(fields.description)) book.description = on_one_line(*std::move(fields.description));
  return unusable;
}

}  // namespace

std::optional<std::string>* text_field(BookFields& fields, std::string_view name) {
  const std::array<std::pair<std::string_view, std::optional<std::string>*>, 10> members = {{
      {"id", &fields.id},
      {"title", &fields.title},
      {"topic", &fields.topic},
      {"price", &fields.price},
      {"currency", &fields.currency},
      {"quantity", &fields.quantity},
      {"isbn", &fields.isbn},
      {"year", &fields.year},
      {"language", &fields.language},
      {"description", &fields.description},
  }};
  for (const auto& [member, field] : members) {
    if (member == name) return field;
  }
  return nullptr;
}

std::optional<int> parse_year(std::string_view text) {
  const auto year = parse_whole(text);
  if (!year || *year < -9'999 || *year > 9'999) return std::nullopt;
  return static_cast<int>(*year);
}

std::vector<std::string> split_authors(std::string_view text) {
  std::vector<std::string> authors;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    if (const auto author = trimmed(text.substr(0, end)); !author.empty()) authors.emplace_back(author);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return authors;
}

std::string row_key(const BookDraft& book, std::string_view source_key) {
  if (book.isbn) return "isbn:" + *book.isbn;
  if (book.id) return "id:" + std::to_string(book.id->value);
  if (is_visible_ascii_key(source_key) && source_key.size() <= 200) return "id:" + std::string(source_key);
  // Line breaks part what no text of a book can contain.
  std::string meaning = book.title + '\n';
  for (const auto& author : book.authors.value_or(std::vector<std::string>{})) meaning += author + '\n';
  meaning += '\n';
  if (book.year) meaning += std::to_string(*book.year);
  return "row:" + sha256_hex(meaning);
}

std::expected<BookRow, std::string> make_row(BookFields fields, const RowDefaults& defaults,
                                             const Currency& currency) {
  use_default(fields.topic, defaults.topic);
  use_default(fields.price, defaults.price);
  use_default(fields.quantity, defaults.quantity);
  BookRow made;
  auto& book = made.row.book;
  if (const auto read = read_required(fields, currency, book); !read) return std::unexpected(read.error());
  if (const auto read = read_id(fields, book); !read) return std::unexpected(read.error());
  made.warnings = read_optional(fields, book);
  auto valid = catalog::validate(book, currency);
  if (!valid && valid.error().field == "language") {
    book.language.reset();
    ++made.warnings;
    valid = catalog::validate(book, currency);
  }
  if (!valid) return std::unexpected(valid.error().field + " " + valid.error().detail);
  made.row.key = row_key(book, fields.source_key);
  return made;
}

}  // namespace bazar::cli
