#include "frontend/routes/representation.hpp"

#include <array>

#include "http/syntax.hpp"

namespace bazar::frontend {
namespace {

struct Offer {
  Representation as;
  std::string_view type;
  std::string_view subtype;
};
constexpr std::array offers{Offer{Representation::json, "application", "json"},
                            Offer{Representation::html, "text", "html"},
                            Offer{Representation::text, "text", "plain"}};

struct MediaRange {
  std::string_view type;
  std::string_view subtype;
  int quality = 1'000;  ///< thousandths
};

/// How well a range fits an offer; the best fit decides the offer's quality.
enum Fit { none, any, type_only, exact };

/// Cuts the part up to `separator` off the front of `text`.
std::string_view cut(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return http::trim_blanks(part);
}

/// `0`, `1`, `0.5`, `1.000`: at most three decimals (RFC 9110, 12.4.2).
std::optional<int> parse_quality(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int thousandths = (text[0] - '0') * 1'000;
  int unit = 100;
  for (const char digit : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (digit < '0' || digit > '9') return std::nullopt;
    thousandths += (digit - '0') * unit;
    unit /= 10;
  }
  return thousandths <= 1'000 ? std::optional(thousandths) : std::nullopt;
}

std::optional<MediaRange> parse_range(std::string_view text) {
  std::string_view media = cut(text, ';');
  MediaRange range;
  range.type = cut(media, '/');
  range.subtype = http::trim_blanks(media);
  if (range.type.empty() || range.subtype.empty()) return std::nullopt;
  while (!text.empty()) {
    std::string_view parameter = cut(text, ';');
    if (!http::equal_ignoring_case(cut(parameter, '='), "q")) continue;
    const auto quality = parse_quality(http::trim_blanks(parameter));
    if (!quality) return std::nullopt;
    range.quality = *quality;
  }
  return range;
}

Fit fit(const MediaRange& range, const Offer& offer) {
  if (range.type == "*" && range.subtype == "*") return any;
  if (!http::equal_ignoring_case(range.type, offer.type)) return none;
  if (range.subtype == "*") return type_only;
  return http::equal_ignoring_case(range.subtype, offer.subtype) ? exact : none;
}

}  // namespace

Representation negotiate(std::optional<std::string_view> accept) {
  if (!accept) return Representation::json;
  std::array<Fit, offers.size()> fits{};
  std::array<int, offers.size()> qualities{};
  for (std::string_view rest = *accept; !rest.empty();) {
    const auto range = parse_range(cut(rest, ','));
    if (!range) continue;
    for (std::size_t i = 0; i < offers.size(); ++i) {
      const Fit found = fit(*range, offers[i]);
      if (found <= fits[i]) continue;
      fits[i] = found;
      qualities[i] = range->quality;
    }
  }
  std::size_t best = 0;
  for (std::size_t i = 1; i < offers.size(); ++i) {
    if (std::pair(qualities[i], fits[i]) > std::pair(qualities[best], fits[best])) best = i;
  }
  return qualities[best] > 0 ? offers[best].as : Representation::json;
}

std::string tag_of(Representation as, std::string_view etag) {
  if (as == Representation::json) return std::string(etag);
  std::string tag(etag);
  const std::string_view suffix = as == Representation::html ? "-html" : "-text";
  tag.insert(tag.ends_with('"') ? tag.size() - 1 : tag.size(), suffix);
  return tag;
}

}  // namespace bazar::frontend
