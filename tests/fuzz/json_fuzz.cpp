// Strict decoding never crashes, whatever it accepts can be written and read back as the same value, and it
// reads a text in the form of the store's own encoder as it reads any other form of it.
#include <cstdlib>

#include "json/decode.hpp"
#include "json/encode.hpp"

namespace {

using namespace bazar;

struct Line {
  BookId book_id;
  std::int16_t quantity = 1;
  friend bool operator==(const Line&, const Line&) = default;
};
BOOST_DESCRIBE_STRUCT(Line, (), (book_id, quantity))

struct Body {
  std::string name;
  Money price;
  bool flag = false;
  std::vector<Line> lines;
  std::optional<std::vector<std::string>> authors;
  std::optional<OrderId> order_id;
  std::optional<WallTime> at;
  json::OrNull<std::uint64_t> next;
  friend bool operator==(const Body&, const Body&) = default;
};
BOOST_DESCRIBE_STRUCT(Body, (), (name, price, flag, lines, authors, order_id, at, next))

struct Patch {
  json::Patch<std::string> title;
  json::Patch<Money> price;
};
BOOST_DESCRIBE_STRUCT(Patch, (), (title, price))

template <class T>
void check_round_trip(std::string_view text) {
  const auto value = json::decode<T>(text);
  if (value && json::decode<T>(json::encode(*value)) != *value) std::abort();
  // The encoder writes no white space: this is read the slow way.
  const auto spaced = json::decode<T>(' ' + std::string(text));
  if (spaced.has_value() != value.has_value() || (value && *spaced != *value)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_round_trip<Body>(text);
  check_round_trip<std::vector<Line>>(text);
  check_round_trip<std::string>(text);
  check_round_trip<Money>(text);
  check_round_trip<std::vector<std::int64_t>>(text);
  static_cast<void>(json::decode<Patch>(text));
  return 0;
}
