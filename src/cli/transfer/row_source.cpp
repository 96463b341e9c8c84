#include "cli/transfer/row_source.hpp"

#include <fmt/format.h>

#include "cli/failure.hpp"
#include "cli/store_access.hpp"
#include "json/encode.hpp"

namespace bazar::cli {
namespace {

constexpr std::size_t piece_bytes = std::size_t{256} << 10;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

}  // namespace

InputFile::InputFile(const std::filesystem::path& path)
    : name_(path.string()), stream_(path, std::ios::binary) {
  if (!stream_ || std::filesystem::is_directory(path)) throw Failure(fmt::format("cannot read {}", name_));
  buffer_.resize(piece_bytes);
}

std::string_view InputFile::read() {
  const bool first = bytes_read_ == 0;
  stream_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  if (stream_.bad()) throw Failure(fmt::format("cannot read {} to its end", name_));
  const auto count = static_cast<std::size_t>(stream_.gcount());
  bytes_read_ += count;
  std::string_view piece(buffer_.data(), count);
  if (first && piece.starts_with(byte_order_mark)) piece.remove_prefix(byte_order_mark.size());
  return piece;
}

std::string json_reject_line(std::uint64_t line, std::string_view reason, std::string_view text) {
  // Rows may be refused for not being text at all; the reject file is JSON nevertheless.
  return fmt::format(R"({{"line":{},"reason":{},"row":{}}})", line, json::encode(std::string(reason)),
                     json::encode(printable(text))) +
         '\n';
}

}  // namespace bazar::cli
