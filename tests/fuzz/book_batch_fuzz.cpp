// A batch of books in whatever form: accepted if and only if the strict decoder accepts it, and its books are
// what the encoder writes of those that were decoded.
#include <cstdlib>

#include "catalog/encoded_books.hpp"
#include "catalog/wire.hpp"
#include "json/decode.hpp"
#include "json/encode.hpp"

namespace {

using namespace bazar;

void require(bool condition) {
  if (!condition) std::abort();
}

void check(std::string_view text, const json::Format& format) {
  const auto batch = catalog::read_batch(std::string(text), format);
  const auto decoded = json::decode<catalog::wire::BookBatch>(text, format);
  require(batch.has_value() == decoded.has_value());
  if (!batch) return;
  require(batch->missing == decoded->missing && batch->books.size() == decoded->books.size());
  for (std::size_t i = 0; i < batch->books.size(); ++i) {
    const catalog::EncodedBook& book = batch->books[i];
    const catalog::Book& expected = decoded->books[i];
    require(book.id == expected.id && book.version == expected.version);
    require(book.json == json::encode(expected, catalog::format_of(expected.currency)));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text, {.money_decimals = 2});
  check(text, {.money_decimals = 0});
  // Few inputs find the way to a whole batch.
  const std::string book(text);
  check(R"({"books":[{"id":2,"title":"T","topic":"t","price":)" + book + R"(}],"missing":[]})",
        {.money_decimals = 2});
  check(R"({"books":[{"id":2,"title":")" + book +
            R"(","topic":"t","price":22.35,"currency":"USD","quantity":60,"version":7}],"missing":[9]})",
        {.money_decimals = 2});
  return 0;
}
