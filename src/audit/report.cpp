#include "audit/report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/describe/class.hpp>

#include "json/encode.hpp"

namespace bazar::audit {
namespace {

/// Of one promise. One broken invariant is often broken a thousand times.
constexpr std::size_t max_findings = 20;

struct OperationsJson {
  std::string kind;
  std::uint64_t done = 0;
  std::uint64_t refused = 0;
  std::uint64_t unknown = 0;
  std::int64_t longest_gap_ms = 0;
};
BOOST_DESCRIBE_STRUCT(OperationsJson, (), (kind, done, refused, unknown, longest_gap_ms))

struct FailuresJson {
  std::string how;
  std::uint64_t tries = 0;
};
BOOST_DESCRIBE_STRUCT(FailuresJson, (), (how, tries))

struct KillJson {
  std::int64_t at_ms = 0;
  std::string role;
  std::string name;
  std::int64_t pid = 0;
};
BOOST_DESCRIBE_STRUCT(KillJson, (), (at_ms, role, name, pid))

struct PromiseJson {
  std::string promise;
  std::string result;
  std::uint64_t findings = 0;
  std::vector<std::string> texts;  ///< the first `max_findings`
};
BOOST_DESCRIBE_STRUCT(PromiseJson, (), (promise, result, findings, texts))

struct ReportJson {
  std::string result;
  std::uint64_t seed = 0;
  std::int64_t elapsed_ms = 0;
  std::vector<std::string> frontends;
  std::vector<BookId> books;
  std::vector<OperationsJson> operations;
  std::uint64_t replays = 0;
  std::vector<FailuresJson> failures;
  std::vector<KillJson> kills;
  std::vector<PromiseJson> promises;
  std::vector<BookId> not_removed;
};
BOOST_DESCRIBE_STRUCT(ReportJson, (),
                      (result, seed, elapsed_ms, frontends, books, operations, replays, failures, kills,
                       promises, not_removed))

std::string_view kind_text(OperationKind kind) {
  switch (kind) {
    case OperationKind::read:
      return "read";
    case OperationKind::set_price:
      return "set_price";
    case OperationKind::add_stock:
      return "add_stock";
    case OperationKind::buy:
      return "buy";
  }
  return {};
}

std::string_view result_text(Result result) {
  switch (result) {
    case Result::held:
      return "held";
    case Result::broken:
      return "broken";
    case Result::undecided:
      return "undecided";
  }
  return {};
}

OperationsJson count(const Record& record, OperationKind kind) {
  OperationsJson counted{.kind = std::string(kind_text(kind)),
                         .longest_gap_ms = record.availability.longest_gap(kind).count()};
  for (const BookRecord& book : record.books) {
    for (const Operation& operation : book.history) {
      const bool was_not_sent = kind == OperationKind::set_price && operation.outcome == Outcome::refused;
      if (operation.kind != kind || was_not_sent) continue;
      ++(operation.outcome == Outcome::done      ? counted.done
         : operation.outcome == Outcome::refused ? counted.refused
                                                 : counted.unknown);
    }
  }
  return counted;
}

PromiseJson judged(const Verdict& verdict, Promise promise) {
  PromiseJson judged{.promise = std::string(to_string(promise)), .result = "held", .texts = {}};
  const auto add = [&](const std::vector<Finding>& findings, Result result) {
    for (const Finding& finding : findings) {
      if (finding.promise != promise) continue;
      if (judged.findings++ == 0) judged.result = result_text(result);
      if (judged.texts.size() < max_findings) judged.texts.push_back(finding.text);
    }
  };
  add(verdict.broken, Result::broken);
  add(verdict.undecided, Result::undecided);
  return judged;
}

ReportJson assemble(const AuditOptions& options, const AuditOutcome& outcome) {
  const Record& record = outcome.record;
  ReportJson report;
  report.result = result_text(result_of(outcome.verdict));
  report.seed = options.workload.seed;
  report.elapsed_ms = outcome.elapsed.count();
  report.replays = record.replays;
  report.not_removed = outcome.not_removed;
  for (const auto& frontend : options.workload.frontends) report.frontends.push_back(http::to_url(frontend));
  for (const BookRecord& book : record.books) report.books.push_back(book.id);
  for (const OperationKind kind : operation_kinds) report.operations.push_back(count(record, kind));
  for (const auto& [how, tries] : record.availability.failures()) report.failures.push_back({how, tries});
  for (const Kill& kill : outcome.kills)
    report.kills.push_back({kill.at.count(), kill.victim.role, kill.victim.name, kill.victim.pid});
  for (const Promise promise : promises) report.promises.push_back(judged(outcome.verdict, promise));
  return report;
}

std::string load_text(const ReportJson& report) {
  std::string text = fmt::format("{} book(s) through {} for {:.1f} s, seed {}\n", report.books.size(),
                                 fmt::join(report.frontends, ", "),
                                 static_cast<double>(report.elapsed_ms) / 1'000, report.seed);
  for (const OperationsJson& kind : report.operations) {
    text += fmt::format("  {:<9} {:>8} done, {} refused, {} of unknown outcome; longest gap {} ms\n",
                        kind.kind, kind.done, kind.refused, kind.unknown, kind.longest_gap_ms);
  }
  text += fmt::format("  {} keys repeated\n", report.replays);
  for (const FailuresJson& failures : report.failures)
    text += fmt::format("  without an answer: {} tries, {}\n", failures.tries, failures.how);
  return text;
}

std::string kills_text(const ReportJson& report) {
  if (report.kills.empty()) return {};
  std::map<std::string, int> by_role;
  for (const KillJson& kill : report.kills) ++by_role[kill.role.empty() ? "process" : kill.role];
  std::vector<std::string> parts;
  parts.reserve(by_role.size());
  for (const auto& [role, kills] : by_role) parts.push_back(fmt::format("{} {}", kills, role));
  return fmt::format("  killed: {}\n", fmt::join(parts, ", "));
}

std::string promise_text(const PromiseJson& judged, std::string_view words) {
  std::string text = fmt::format("{:<9} {}\n", judged.result, words);
  for (const std::string& finding : judged.texts) text += "          - " + finding + "\n";
  if (judged.findings > judged.texts.size())
    text += fmt::format("          - and {} more\n", judged.findings - judged.texts.size());
  return text;
}

}  // namespace

Result result_of(const Verdict& verdict) {
  if (!verdict.broken.empty()) return Result::broken;
  return verdict.undecided.empty() ? Result::held : Result::undecided;
}

std::string report_text(const AuditOptions& options, const AuditOutcome& outcome) {
  const ReportJson report = assemble(options, outcome);
  std::string text = load_text(report) + kills_text(report);
  for (std::size_t i = 0; i < promises.size(); ++i)
    text += promise_text(report.promises[i], in_words(promises.at(i)));
  for (const BookId book : report.not_removed)
    text += fmt::format("book {} could not be removed\n", book.value);
  switch (result_of(outcome.verdict)) {
    case Result::held:
      return text + "All promises held.\n";
    case Result::broken:
      return text + "A promise was broken.\n";
    case Result::undecided:
      return text + "Nothing was broken, but not everything could be decided.\n";
  }
  return text;
}

std::string report_json(const AuditOptions& options, const AuditOutcome& outcome) {
  return json::encode(assemble(options, outcome)) + "\n";
}

}  // namespace bazar::audit
