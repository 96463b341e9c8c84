#include "http/request_head.hpp"

namespace bazar::http {

void RequestHead::rebase(const char* from, const char* to) {
  const auto move = [&](std::string_view& text) {
    if (text.data() != nullptr) text = {to + (text.data() - from), text.size()};
  };
  for (std::string_view* text : {&target, &content_type, &content_encoding, &if_none_match, &traceparent})
    move(*text);
  if (deadline_ms) move(*deadline_ms);
  for (HeaderView& header : headers) {
    move(header.name);
    move(header.value);
  }
}

KnownFields::KnownFields(std::string_view fields, const RequestHead& head) : text_(fields), head_(head) {
  head_.target = {};
  // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): an address to count from, not a text
  head_.rebase(fields.data(), text_.data());
}

}  // namespace bazar::http
