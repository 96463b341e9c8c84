#include "cli/transfer/open_library.hpp"

#include <algorithm>

#include "cli/transfer/isbn.hpp"
#include "json/document.hpp"

namespace bazar::cli {
namespace {

using json::detail::Document;
using json::detail::Kind;
using json::detail::Node;

constexpr std::string_view edition = "/type/edition";
constexpr std::string_view language_path = "/languages/";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The members of a record that a book is made of, by the place of their value.
class Record {
 public:
  explicit Record(Document document) : document_(std::move(document)) {}

  [[nodiscard]] bool is_object() const { return document_.nodes.front().type() == Kind::object; }

  [[nodiscard]] std::optional<std::string> text(std::string_view name) const {
    const auto at = find(0, name);
    if (!at || document_.nodes[*at].type() != Kind::string) return std::nullopt;
    return std::string(document_.nodes[*at].text());
  }

  [[nodiscard]] std::vector<std::string> texts(std::string_view name) const {
    std::vector<std::string> found;
    for (const auto at : elements(name)) {
      if (document_.nodes[at].type() == Kind::string) found.emplace_back(document_.nodes[at].text());
    }
    return found;
  }

  /// Of `[{"key":"/languages/eng"}]`.
  [[nodiscard]] std::optional<std::string> first_key(std::string_view name) const {
    for (const auto at : elements(name)) {
      if (document_.nodes[at].type() != Kind::object) continue;
      const auto key = find(at, "key");
      if (key && document_.nodes[*key].type() == Kind::string)
        return std::string(document_.nodes[*key].text());
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] std::optional<std::size_t> find(std::size_t object, std::string_view name) const {
    for (std::size_t at = object + 1; at < document_.nodes[object].end; at = document_.nodes[at + 1].end) {
      if (document_.nodes[at].text() == name) return at + 1;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::vector<std::size_t> elements(std::string_view name) const {
    std::vector<std::size_t> found;
    const auto array = find(0, name);
    if (!array || document_.nodes[*array].type() != Kind::array) return found;
    for (std::size_t at = *array + 1; at < document_.nodes[*array].end; at = document_.nodes[at].end)
      found.push_back(at);
    return found;
  }

  Document document_;
};

/// One that can be used, else the first, which will be counted as unusable.
std::optional<std::string> choose_isbn(const Record& record) {
  std::optional<std::string> first;
  for (const auto name : {"isbn_13", "isbn_10"}) {
    for (auto& isbn : record.texts(name)) {
      if (to_isbn13(isbn)) return std::move(isbn);
      if (!first) first = std::move(isbn);
    }
  }
  return first;
}

BookFields to_fields(const Record& record, std::string_view key) {
  BookFields fields;
  fields.title = record.text("title");
  fields.isbn = choose_isbn(record);
  if (const auto date = record.text("publish_date")) fields.year = year_in(*date);
  if (const auto language = record.first_key("languages"); language && language->starts_with(language_path))
    fields.language = language->substr(language_path.size());
  if (auto subjects = record.texts("subjects"); !subjects.empty()) fields.topic = std::move(subjects.front());
  fields.source_key = key;
  return fields;
}

/// The text up to the next tab, which is taken off `line`.
std::optional<std::string_view> next_column(std::string_view& line) {
  const auto tab = line.find('\t');
  if (tab == std::string_view::npos) return std::nullopt;
  const auto column = line.substr(0, tab);
  line.remove_prefix(tab + 1);
  return column;
}

}  // namespace

std::optional<std::string> year_in(std::string_view date) {
  for (std::size_t at = 0; at < date.size();) {
    const auto begin = std::find_if(date.begin() + static_cast<std::ptrdiff_t>(at), date.end(), is_digit);
    const auto end = std::find_if_not(begin, date.end(), is_digit);
    if (end - begin == 4) return std::string(begin, end);
    at = static_cast<std::size_t>(end - date.begin());
  }
  return std::nullopt;
}

std::expected<std::optional<BookFields>, std::string> read_open_library_line(std::string_view line) {
  std::string_view rest = line;
  const auto type = next_column(rest);
  const auto key = next_column(rest);
  const auto revision = next_column(rest);
  const auto modified = next_column(rest);
  if (!type || !key || !revision || !modified)
    return std::unexpected("has not the five columns of an Open Library dump");
  if (*type != edition) return std::nullopt;
  auto document = json::detail::parse(rest);
  if (!document) return std::unexpected("its JSON " + document.error().detail);
  const Record record(*std::move(document));
  if (!record.is_object()) return std::unexpected("its last column is no JSON object");
  return to_fields(record, *key);
}

}  // namespace bazar::cli
