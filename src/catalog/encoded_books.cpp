#include "catalog/encoded_books.hpp"

#include <charconv>
#include <cstring>

#include "base/text.hpp"
#include "catalog/wire.hpp"
#include "json/decode.hpp"
#include "json/encode.hpp"

namespace bazar::catalog {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Looks through what json::encode wrote. Where a function returns false, nothing is said about the text: it
/// may have another form. What passes here, json::decode accepts, and json::encode writes again as it is.
class Scanner {
 public:
  Scanner(std::string_view text, const json::Format& format)
      : at_(text.data()), end_(text.data() + text.size()), format_(format) {}

  bool batch(EncodedBatch& out) {
    if (!skip(R"({"books":)") ||
        !array([&] { return book(out.books.emplace_back(EncodedBook{.format = format_})); }))
      return false;
    return skip(R"(,"missing":)") && array([&] { return id(out.missing.emplace_back()); }) && skip("}") &&
           at_ == end_;
  }
  bool strings() {
    return array([this] { return string(); }) && at_ == end_;
  }

 private:
  bool book(EncodedBook& out) {
    const char* const begin = at_;
    std::int64_t quantity = 0;
    const auto author = [this] { return string(); };
    const bool good = skip(R"({"id":)") && id(out.id) && skip(R"(,"title":)") && string() &&
                      skip(R"(,"topic":)") && string() && skip(R"(,"price":)") && amount() &&
                      skip(R"(,"currency":)") && currency() && skip(R"(,"quantity":)") && integer(quantity) &&
                      skip(R"(,"version":)") && integer(out.version) &&
                      (!skip(R"(,"authors":)") || array(author)) && (!skip(R"(,"isbn":)") || string()) &&
                      (!skip(R"(,"year":)") || year()) && (!skip(R"(,"language":)") || string()) &&
                      (!skip(R"(,"description":)") || string()) && skip("}");
    out.json = {begin, at_};
    return good;
  }

  [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  [[nodiscard]] bool skip(std::string_view token) {
    if (left() < token.size() || std::memcmp(at_, token.data(), token.size()) != 0) return false;
    at_ += token.size();
    return true;
  }

  template <class Element>
  bool array(Element element) {
    if (!skip("[")) return false;
    if (skip("]")) return true;
    do {
      if (!element()) return false;
    } while (skip(","));
    return skip("]");
  }

  /// Without sign.
  template <class T>
  bool integer(T& out) {
    if (left() < 2 || !is_digit(*at_) || (*at_ == '0' && is_digit(at_[1]))) return false;
    const auto [stop, fault] = std::from_chars(at_, end_, out);
    at_ = stop;
    return fault == std::errc{};
  }
  bool id(BookId& out) { return integer(out.value) && out.value >= 1 && out.value <= BookId::max; }
  bool year() {
    if (skip("-") && left() > 0 && *at_ == '0') return false;
    int value = 0;
    return integer(value);
  }

  /// With all its decimals.
  bool amount() {
    constexpr std::size_t most_digits = 12;
    static_assert(Money::max == 1'000'000'000'000, "what has 12 digits is below it");
    const char* const begin = at_;
    std::int64_t major = 0;
    if (!integer(major)) return false;
    auto digits = static_cast<std::size_t>(at_ - begin);
    if (format_.money_decimals > 0) {
      if (!skip(".") || left() < format_.money_decimals) return false;
      for (unsigned i = 0; i < format_.money_decimals; ++i) {
        if (!is_digit(*at_++)) return false;
      }
      digits += format_.money_decimals;
    }
    return digits <= most_digits;
  }

  bool currency() {
    const char* const begin = at_;
    if (!string()) return false;
    const std::string_view quoted(begin, at_);
    if (quoted == known_currency_) return true;
    if (format_of(quoted.substr(1, quoted.size() - 2)).money_decimals != format_.money_decimals) return false;
    known_currency_ = quoted;
    return true;
  }

  bool string() {
    if (!skip("\"")) return false;
    const auto* const quote = static_cast<const char*>(std::memchr(at_, '"', left()));
    if (quote == nullptr) return false;
    // Nearly every text is ASCII without escapes, which a pass without branches tells many bytes at a time.
    bool special = false;
    for (const char* c = at_; c != quote; ++c) special |= (*c < 0x20) | (*c > 0x7E) | (*c == '\\');
    if (special) return special_string();
    at_ = quote + 1;
    return true;
  }
  /// From behind the quotation mark on.
  bool special_string() {
    for (const char* const begin = at_; at_ != end_; ++at_) {
      if (*at_ == '"') {
        const std::string_view text(begin, at_++);
        return is_utf8(text) && !has_control_characters(text);
      }
      if (*at_ != '\\') continue;
      ++at_;
      if (at_ == end_ || (*at_ != '"' && *at_ != '\\')) return false;
    }
    return false;
  }

  const char* at_;
  const char* end_;
  const json::Format format_;
  std::string_view known_currency_;
};

}  // namespace

json::Format format_of(std::string_view currency_code) {
  const auto currency = find_currency(currency_code);
  return {.money_decimals = currency ? currency->decimals : Currency{}.decimals};
}

std::expected<EncodedBatch, FieldError> read_batch(std::string text, const json::Format& format) {
  EncodedBatch batch;
  batch.texts.push_back(std::move(text));
  if (Scanner(batch.texts.front(), format).batch(batch)) return batch;

  auto decoded = json::decode<wire::BookBatch>(batch.texts.front(), format);
  if (!decoded) return std::unexpected(std::move(decoded.error()));
  batch.books.clear();
  batch.missing = std::move(decoded->missing);
  batch.texts.clear();
  for (const Book& book : decoded->books) append(batch, book, format_of(book.currency));
  return batch;
}

std::string write_batch(const EncodedBatch& batch) {
  constexpr std::string_view head = R"({"books":[)";
  constexpr std::string_view middle = R"(],"missing":)";
  const std::string missing = json::encode(batch.missing);
  std::size_t size = head.size() + middle.size() + missing.size() + 1;
  for (const EncodedBook& book : batch.books) size += book.json.size() + 1;
  std::string text;
  text.reserve(size);
  text += head;
  for (const EncodedBook& book : batch.books) {
    if (&book != batch.books.data()) text += ',';
    text += book.json;
  }
  text += middle;
  text += missing;
  text += '}';
  return text;
}

void append(EncodedBatch& batch, const Book& book, const json::Format& format) {
  const std::string& encoded = batch.texts.emplace_back(json::encode(book, format));
  batch.books.push_back({book.id, book.version, format, encoded});
}

bool is_encoded_strings(std::string_view text) { return Scanner(text, {}).strings(); }

}  // namespace bazar::catalog
