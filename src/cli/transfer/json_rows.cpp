#include "cli/transfer/json_rows.hpp"

#include "cli/transfer/row_source.hpp"
#include "json/document.hpp"

namespace bazar::cli {
namespace {

using json::detail::Document;
using json::detail::Kind;
using json::detail::Node;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// `{ "books" : [` with any blanks, as far as it goes.
constexpr std::string_view wrapper_head = R"({"books":[)";

bool is_scalar(Kind kind) { return kind == Kind::string || kind == Kind::number; }

std::expected<std::vector<std::string>, std::string> read_authors(const Document& document, std::size_t at) {
  const Node& node = document.nodes[at];
  if (node.type() == Kind::string) return split_authors(node.text());
  if (node.type() != Kind::array) return std::unexpected("authors must be an array of names");
  std::vector<std::string> authors;
  for (++at; at < node.end; at = document.nodes[at].end) {
    if (document.nodes[at].type() != Kind::string)
      return std::unexpected("authors must be an array of names");
    authors.emplace_back(document.nodes[at].text());
  }
  return authors;
}

std::expected<void, std::string> read_member(const Document& document, std::size_t at, std::string_view field,
                                             BookFields& fields) {
  const Node& node = document.nodes[at];
  if (node.type() == Kind::null) return {};
  if (field == "authors") {
    auto authors = read_authors(document, at);
    if (!authors) return std::unexpected(std::move(authors.error()));
    fields.authors = *std::move(authors);
    return {};
  }
  if (!is_scalar(node.type())) return std::unexpected(std::string(field) + " must be a text or number");
  *text_field(fields, field) = std::string(node.text());
  return {};
}

}  // namespace

bool JsonSplitter::feed(std::string_view piece) {
  for (const char c : piece) {
    if (!step(c)) return false;
    if (c == '\n') ++line_;
  }
  return true;
}

bool JsonSplitter::finish() {
  if (!fault_.empty()) return false;
  switch (state_) {
    case State::lines:
      take();
      return true;
    case State::beginning:
    case State::after:
      return true;
    case State::wrapper:
    case State::between:
      return fail("the file ends within its list of books");
    case State::element:
      take();
      return fail("the file ends within a book");
  }
  return true;
}

std::optional<JsonPiece> JsonSplitter::pop() {
  if (pieces_.empty()) return std::nullopt;
  auto piece = std::move(pieces_.front());
  pieces_.pop_front();
  return piece;
}

bool JsonSplitter::step(char c) {
  switch (state_) {
    case State::beginning:
      return begin(c);
    case State::wrapper:
      return step_wrapper(c);
    case State::lines:
      return step_line(c);
    case State::between:
      return step_between(c);
    case State::element:
      return step_element(c);
    case State::after:
      // What stands behind the books of an object, such as the next page's cursor, is none of them.
      return wrapped_ || is_blank(c) || fail("there is text behind the list of books");
  }
  return true;
}

bool JsonSplitter::begin(char c) {
  if (is_blank(c)) return true;
  begin_line_ = line_;
  if (c == '[') {
    state_ = State::between;
    return true;
  }
  state_ = c == '{' ? State::wrapper : State::lines;
  text_ = c;
  depth_ = 1;  // characters of wrapper_head that were seen
  return true;
}

bool JsonSplitter::step_wrapper(char c) {
  const bool in_name = depth_ > 1 && depth_ < std::string_view(R"({"books")").size();
  if (c == wrapper_head[depth_]) {
    text_ += c;
    if (++depth_ < wrapper_head.size()) return true;
    text_.clear();
    wrapped_ = true;
    state_ = State::between;
    return true;
  }
  if (is_blank(c) && !in_name && text_.size() < max_row_bytes) {
    text_ += c;
    return true;
  }
  // An object of its own, hence the first of many lines. Blanks that were skipped may have been line breaks.
  const std::string seen = std::exchange(text_, {});
  const auto line = std::exchange(line_, begin_line_);
  state_ = State::lines;
  for (const char before : seen) {
    if (!step_line(before)) return false;
    if (before == '\n') ++line_;
  }
  line_ = line;
  return step_line(c);
}

bool JsonSplitter::step_line(char c) {
  if (c == '\n') {
    take();
    return true;
  }
  if (text_.empty()) begin_line_ = line_;
  text_ += c;
  return text_.size() <= max_row_bytes || fail("a line is too long to be a book");
}

bool JsonSplitter::step_between(char c) {
  if (is_blank(c)) return true;
  if (c == ']') {
    state_ = State::after;
    return true;
  }
  if (comma_due_) {
    comma_due_ = false;
    return c == ',' || fail("the books of a list are parted by commas");
  }
  if (c != '{') return fail("a list of books holds objects only");
  begin_line_ = line_;
  depth_ = 1;
  in_string_ = escaped_ = false;
  text_ = c;
  state_ = State::element;
  return true;
}

bool JsonSplitter::step_element(char c) {
  text_ += c;
  if (text_.size() > max_row_bytes) return fail("a book is too long, or never closed");
  if (in_string_) {
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == '"') {
      in_string_ = false;
    }
    return true;
  }
  if (c == '"') in_string_ = true;
  if (c == '{' || c == '[') ++depth_;
  if ((c == '}' || c == ']') && --depth_ == 0) {
    take();
    comma_due_ = true;
    state_ = State::between;
  }
  return true;
}

void JsonSplitter::take() {
  if (std::ranges::all_of(text_, is_blank)) {
    text_.clear();
    return;
  }
  pieces_.push_back({begin_line_, std::exchange(text_, {})});
}

bool JsonSplitter::fail(std::string_view fault) {
  fault_ = fault;
  return false;
}

std::expected<BookFields, std::string> read_json_book(std::string_view text, const FieldMap& map) {
  const auto document = json::detail::parse(text);
  if (!document) return std::unexpected(document.error().detail);
  const Node& object = document->nodes.front();
  if (object.type() != Kind::object) return std::unexpected("is no JSON object");
  BookFields fields;
  for (std::size_t at = 1; at < object.end;) {
    const auto name = document->nodes[at].text();
    const std::size_t value = at + 1;
    for (const auto field : book_field_names) {
      if (map.source_of(field) != name) continue;
      if (auto read = read_member(*document, value, field, fields); !read)
        return std::unexpected(read.error());
    }
    at = document->nodes[value].end;
  }
  return fields;
}

}  // namespace bazar::cli
