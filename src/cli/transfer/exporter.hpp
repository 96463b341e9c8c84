#pragma once

#include <cstdint>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <string>
#include <vector>

#include "catalog/book.hpp"
#include "cli/store_access.hpp"
#include "cli/transfer/sources.hpp"
#include "orders/order.hpp"

namespace bazar::cli {

/// Where an export goes: standard output, or a file that appears under its name when it is complete.
class ExportFile {
 public:
  /// Empty: standard output. Throws Failure where the file cannot be made.
  explicit ExportFile(std::filesystem::path path);
  ~ExportFile();  ///< removes what was not finished
  ExportFile(const ExportFile&) = delete;
  ExportFile& operator=(const ExportFile&) = delete;

  /// Throws Failure.
  void write(std::string_view text);
  void finish();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  std::FILE* file_ = nullptr;
};

/// Writes every book as `bazar import` reads it: a JSON object a line, or CSV. Returns how many.
std::uint64_t export_books(StoreClient& store, Format format, ExportFile& out);

/// Writes every order: a JSON object a line, or CSV with a row for each line of an order. Any of `services`
/// will do.
std::uint64_t export_orders(std::deque<StoreClient>& services, Format format, ExportFile& out);

/// Without the version, which is the business of the store that the book comes from.
[[nodiscard]] std::string book_json_line(const catalog::Book& book);
[[nodiscard]] std::string book_csv_line(const catalog::Book& book);
[[nodiscard]] std::string order_json_line(const orders::Order& order);
[[nodiscard]] std::string order_csv_lines(const orders::Order& order);

}  // namespace bazar::cli
