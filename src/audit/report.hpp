#pragma once

#include <string>

#include "audit/audit.hpp"

namespace bazar::audit {

enum class Result : std::uint8_t { held, broken, undecided };
[[nodiscard]] Result result_of(const Verdict& verdict);

/// In plain words, a few lines, more where something is wrong.
[[nodiscard]] std::string report_text(const AuditOptions& options, const AuditOutcome& outcome);
/// The same as a JSON object; docs in `bazar audit --help`.
[[nodiscard]] std::string report_json(const AuditOptions& options, const AuditOutcome& outcome);

}  // namespace bazar::audit
