#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <vector>

#include "base/money.hpp"
#include "cli/store_access.hpp"
#include "cli/transfer/book_row.hpp"
#include "cli/transfer/progress.hpp"
#include "cli/transfer/rejects.hpp"
#include "cli/transfer/row_source.hpp"

namespace bazar::cli {

struct ImportOptions {
  RowDefaults defaults;
  Currency currency;
  std::uint64_t file_bytes = 0;  ///< for the progress bar
};

struct ImportTotals {
  std::uint64_t imported = 0;
  std::uint64_t present = 0;
  std::uint64_t warnings = 0;
  bool interrupted = false;
};

/// Sends the rows of a file to a store in batches, a few of them at once, each again until it is answered:
/// the rows' keys make that safe, and an import that was cut off too when it is run again. On one loop only.
class Importer {
 public:
  Importer(Loop& loop, http::Client& client, std::string store_url, RowSource& source, RejectsFile& rejects,
           ImportOptions options);

  /// Until the end of the file or the first SIGINT or SIGTERM, and then until every batch under way is
  /// answered. Throws Failure where the store refuses, or stays away for a minute.
  Task<ImportTotals> run();

 private:
  struct Row {
    std::uint64_t line = 0;
    std::string text;
    std::string json;  ///< with its key, as it is sent
  };
  using Batch = std::vector<Row>;

  Batch next_batch();
  void add(Batch& batch, SourceRow row);
  Task<> send_all();
  Task<> wait_for_change();
  void start(Batch batch);
  static Task<> send(Importer& self, Batch batch);
  void settle(Batch& batch, const http::ClientResponse& answer);
  void count_results(const Batch& batch, std::string_view body);
  /// Takes the row that the whole batch was refused for out of it. False where the refusal names none.
  bool drop_refused(Batch& batch, const http::ClientResponse& answer);

  Loop& loop_;
  http::Client& client_;
  std::string url_;
  http::Endpoint store_;
  RowSource& source_;
  RejectsFile& rejects_;
  ImportOptions options_;
  ImportTotals totals_;
  ProgressBar bar_;
  Timer changed_;  ///< cancelled at each change that `send_all` may wait for
  std::size_t in_flight_ = 0;
  std::size_t batch_bytes_ = 0;
  bool at_end_ = false;
  std::exception_ptr failure_;
};

}  // namespace bazar::cli
