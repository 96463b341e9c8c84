#include "cli/transfer/sources.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/csv.hpp"
#include "cli/failure.hpp"
#include "cli/store_access.hpp"
#include "cli/transfer/csv.hpp"
#include "cli/transfer/json_rows.hpp"
#include "cli/transfer/open_library.hpp"

namespace bazar::cli {
namespace {

class CsvSource final : public RowSource {
 public:
  CsvSource(const std::filesystem::path& file, const FieldMap& map) : file_(file) {
    auto heading = read_record();
    if (!heading)
      throw Failure(fmt::format("{} is empty: its first line has to name the columns", file.string()));
    heading_ = std::move(heading->cells);
    for (const auto field : book_field_names) {
      const auto column = std::ranges::find(heading_, map.source_of(field));
      if (column != heading_.end()) {
        columns_.emplace_back(field, static_cast<std::size_t>(column - heading_.begin()));
      } else if (map.is_named(field)) {
        throw UsageError(fmt::format("--map: the file has no column {}; it has {}", map.source_of(field),
                                     printable(fmt::format("{}", fmt::join(heading_, ", ")))));
      }
    }
    heading_.insert(heading_.begin(), {"line", "reason"});
  }

  std::optional<SourceRow> next() override {
    const auto record = read_record();
    if (!record) return std::nullopt;
    auto text = csv_line(record->cells);
    return SourceRow{record->line, std::move(text), read(*record)};
  }

  [[nodiscard]] std::string reject_heading() const override { return csv_line(heading_); }

  /// The row's own columns follow the two of the heading, so that a mended reject file can be imported.
  [[nodiscard]] std::string reject_line(std::uint64_t line, std::string_view reason,
                                        std::string_view text) const override {
    auto out = csv_line({std::to_string(line), std::string(reason)});
    out.resize(out.size() - std::string_view("\r\n").size());
    return out + ',' + std::string(text);
  }

  [[nodiscard]] std::uint64_t bytes_read() const override { return file_.bytes_read(); }

 private:
  std::optional<CsvRecord> read_record() {
    for (;;) {
      if (auto record = reader_.pop()) return record;
      if (finished_) return std::nullopt;
      const auto piece = file_.read();
      if (piece.empty()) {
        reader_.finish();
        finished_ = true;
      } else if (!reader_.feed(piece)) {
        finished_ = true;
        too_long_ = true;
      }
      if (too_long_) {
        throw Failure(fmt::format("line {}: a row longer than {} bytes; is a quote never closed?",
                                  reader_.line(), max_row_bytes));
      }
    }
  }

  [[nodiscard]] std::expected<BookFields, std::string> read(const CsvRecord& record) const {
    if (!record.complete) return std::unexpected("the file ends within quotes");
    const auto expected = heading_.size() - 2;
    if (record.cells.size() != expected) {
      return std::unexpected(
          fmt::format("has {} columns, not the {} of the first line", record.cells.size(), expected));
    }
    BookFields fields;
    for (const auto& [field, column] : columns_) {
      const auto& cell = record.cells[column];
      if (cell.empty()) continue;
      if (field == "authors") {
        fields.authors = split_authors(cell);
      } else {
        *text_field(fields, field) = cell;
      }
    }
    return fields;
  }

  InputFile file_;
  CsvReader reader_;
  std::vector<std::string> heading_;  ///< of the reject file: two columns more than the file has
  std::vector<std::pair<std::string_view, std::size_t>> columns_;
  bool finished_ = false;
  bool too_long_ = false;
};

/// The pieces of a JSON file, each read by itself.
class JsonSource final : public RowSource {
 public:
  JsonSource(const std::filesystem::path& file, FieldMap map) : file_(file), map_(std::move(map)) {}

  std::optional<SourceRow> next() override {
    for (;;) {
      if (auto piece = splitter_.pop()) {
        auto fields = read_json_book(piece->text, map_);
        return SourceRow{piece->line, std::move(piece->text), std::move(fields)};
      }
      if (broken_) throw Failure(fmt::format("line {}: {}", splitter_.line(), splitter_.fault()));
      if (finished_) return std::nullopt;
      const auto text = file_.read();
      finished_ = text.empty();
      broken_ = finished_ ? !splitter_.finish() : !splitter_.feed(text);
    }
  }

  [[nodiscard]] std::string reject_heading() const override { return {}; }
  [[nodiscard]] std::string reject_line(std::uint64_t line, std::string_view reason,
                                        std::string_view text) const override {
    return json_reject_line(line, reason, text);
  }
  [[nodiscard]] std::uint64_t bytes_read() const override { return file_.bytes_read(); }

 private:
  InputFile file_;
  FieldMap map_;
  JsonSplitter splitter_;
  bool finished_ = false;
  bool broken_ = false;
};

class OpenLibrarySource final : public RowSource {
 public:
  explicit OpenLibrarySource(const std::filesystem::path& file) : file_(file) {}

  std::optional<SourceRow> next() override {
    while (auto line = read_line()) {
      ++line_;
      if (line->empty()) continue;
      auto fields = read_open_library_line(*line);
      if (!fields) return SourceRow{line_, *std::move(line), std::unexpected(std::move(fields.error()))};
      if (*fields) return SourceRow{line_, *std::move(line), **std::move(fields)};
      ++skipped_;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::string reject_heading() const override { return {}; }
  [[nodiscard]] std::string reject_line(std::uint64_t line, std::string_view reason,
                                        std::string_view text) const override {
    return json_reject_line(line, reason, text);
  }
  [[nodiscard]] std::uint64_t bytes_read() const override { return file_.bytes_read(); }
  [[nodiscard]] std::uint64_t records_skipped() const override { return skipped_; }

 private:
  std::optional<std::string> read_line() {
    std::string line;
    for (;;) {
      const auto end = piece_.find('\n');
      line += piece_.substr(0, end);
      if (line.size() > max_row_bytes) {
        throw Failure(fmt::format("line {}: longer than {} bytes", line_ + 1, max_row_bytes));
      }
      if (end != std::string_view::npos) {
        piece_.remove_prefix(end + 1);
        break;
      }
      piece_ = file_.read();
      if (piece_.empty()) {
        if (line.empty()) return std::nullopt;
        break;
      }
    }
    if (line.ends_with('\r')) line.pop_back();
    return line;
  }

  InputFile file_;
  std::string_view piece_;
  std::uint64_t line_ = 0;
  std::uint64_t skipped_ = 0;
};

}  // namespace

Format format_of(std::string_view name, const std::filesystem::path& file) {
  const auto extension = file.extension().string();
  if (name == "json" ||
      (name.empty() && (extension == ".json" || extension == ".jsonl" || extension == ".ndjson")))
    return Format::json;
  if (name == "csv" || (name.empty() && extension == ".csv")) return Format::csv;
  if (name == "openlibrary" || (name.empty() && (extension == ".txt" || extension == ".tsv")))
    return Format::open_library;
  throw UsageError(fmt::format(
      "cannot tell the format of {} by its name: say --format json, csv or openlibrary", file.string()));
}

std::unique_ptr<RowSource> open_source(const std::filesystem::path& file, Format format,
                                       const FieldMap& map) {
  switch (format) {
    case Format::json:
      return std::make_unique<JsonSource>(file, map);
    case Format::csv:
      return std::make_unique<CsvSource>(file, map);
    case Format::open_library:
      break;
  }
  if (!map.empty()) throw UsageError("--map is for csv and json; Open Library's records have one form");
  return std::make_unique<OpenLibrarySource>(file);
}

}  // namespace bazar::cli
