#include "json/document.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json/basic_parser_impl.hpp>

#include "base/assert.hpp"

namespace bazar::json::detail {
namespace {

using boost::json::error_code;
constexpr std::size_t max_text_bytes = (std::size_t{1} << 29) - 1;

// The events of Boost.JSON's parser, written down as nodes. Its own `value` would merge repeated members
// without a word and turn 22.35 into a double.
class Recorder {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  explicit Recorder(std::string_view text) : text_(text) { document.nodes.reserve(text.size() / 8 + 4); }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return open(Kind::object); }
  bool on_object_end(std::size_t members, error_code&) { return close(members); }
  bool on_array_begin(error_code&) { return open(Kind::array); }
  bool on_array_end(std::size_t elements, error_code&) { return close(elements); }
  bool on_key_part(std::string_view part, std::size_t, error_code&) { return add_part(part); }
  bool on_key(std::string_view last, std::size_t, error_code&) { return add_string(last); }
  bool on_string_part(std::string_view part, std::size_t, error_code&) { return add_part(part); }
  bool on_string(std::string_view last, std::size_t, error_code&) { return add_string(last); }
  bool on_number_part(std::string_view part, error_code&) { return add_part(part); }
  bool on_int64(std::int64_t, std::string_view last, error_code&) { return add_number(last); }
  bool on_uint64(std::uint64_t, std::string_view last, error_code&) { return add_number(last); }
  bool on_double(double, std::string_view last, error_code&) { return add_number(last); }
  bool on_bool(bool value, error_code&) { return add(Kind::boolean, value ? "true" : "false"); }
  bool on_null(error_code&) { return add(Kind::null, "null"); }
  bool on_comment_part(std::string_view, error_code&) { return false; }
  bool on_comment(std::string_view, error_code&) { return false; }

  Document document;

 private:
  bool open(Kind kind) {
    BAZAR_ASSERT(depth_ < open_.size(), "the parser holds the depth");
    open_[depth_++] = static_cast<std::uint32_t>(document.nodes.size());
    return add(kind, {});
  }

  bool close(std::size_t count) {
    Node& node = document.nodes[open_[--depth_]];
    node.size = static_cast<std::uint32_t>(count);
    node.end = static_cast<std::uint32_t>(document.nodes.size());
    return true;
  }

  bool add_part(std::string_view part) {
    pending_ += part;
    return true;
  }

  bool add_string(std::string_view last) { return add(Kind::string, whole(last)); }
  bool add_number(std::string_view last) { return add(Kind::number, whole(last)); }

  // The text of the value that ends with `last`. What has escapes comes from a buffer of the parser's own.
  std::string_view whole(std::string_view last) {
    const bool in_text = last.data() >= text_.data() && last.data() < text_.data() + text_.size();
    if (pending_.empty() && (in_text || last.empty())) return last;
    document.unescaped.push_back(std::exchange(pending_, {}).append(last));
    return document.unescaped.back();
  }

  bool add(Kind kind, std::string_view text) {
    const auto next = static_cast<std::uint32_t>(document.nodes.size() + 1);
    document.nodes.push_back({.data = text.data(),
                              .size = static_cast<std::uint32_t>(text.size()),
                              .kind = static_cast<std::uint32_t>(kind),
                              .end = next});
    return true;
  }

  std::string_view text_;
  std::string pending_;
  std::array<std::uint32_t, max_depth> open_{};
  std::size_t depth_ = 0;
};

std::string describe(const error_code& error, std::size_t at) {
  if (error == boost::json::error::too_deep) return fmt::format("is nested deeper than {} levels", max_depth);
  if (error == boost::json::error::incomplete) return "ends before the JSON value does";
  return fmt::format("is not valid JSON in UTF-8, at byte {}", at);
}

}  // namespace

std::expected<Document, FieldError> parse(std::string_view text) {
  if (text.size() > max_text_bytes) return std::unexpected(FieldError{"", "is too long"});
  boost::json::parse_options options;
  options.max_depth = max_depth;
  boost::json::basic_parser<Recorder> parser(options, text);
  error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (!error && read < text.size()) error = boost::json::error::extra_data;
  if (error) return std::unexpected(FieldError{"", describe(error, read)});
  return std::move(parser.handler().document);
}

}  // namespace bazar::json::detail
