#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "audit/aftermath.hpp"
#include "audit/killer.hpp"
#include "audit/verdict.hpp"
#include "audit/workload.hpp"

namespace bazar::audit {

struct Progress {
  milliseconds elapsed{};
  std::uint64_t operations = 0;
  std::size_t kills = 0;
};

struct AuditOptions {
  WorkloadOptions workload = {};
  milliseconds duration{30'000};
  std::vector<BookId> books = {};  ///< empty: books are made for the audit, and removed at its end
  bool keep = false;               ///< do not remove them
  std::optional<KillerOptions> killer = {};
  std::function<void(const Progress&)> progress = [](const Progress&) {};  ///< twice a second
};

struct AuditOutcome {
  Record record;
  Verdict verdict;
  std::vector<Kill> kills;
  milliseconds elapsed{};                ///< of the load
  std::vector<BookId> not_removed = {};  ///< books of its own that it could not remove
};

/// Loads a store through all its front-ends for a while, and judges it by what its clients saw.
class Audit {
 public:
  Audit(Loop& loop, AuditOptions options);
  ~Audit();
  Audit(const Audit&) = delete;
  Audit& operator=(const Audit&) = delete;

  /// Throws Unavailable where it cannot begin: no store, no such book, wrong token.
  Task<AuditOutcome> run();
  /// Ends the load early; what was seen is judged.
  void stop();

 private:
  Task<> prepare_books();
  Task<> load();
  Task<> remove_books();

  Loop& loop_;
  AuditOptions options_;
  AuditOutcome outcome_;
  std::optional<Workload> workload_;
  Timer end_of_load_;
  bool stopped_ = false;
};

}  // namespace bazar::audit
