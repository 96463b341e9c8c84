#pragma once

#include <optional>
#include <string>

#include "balancer/upstream.hpp"
#include "catalog/store.hpp"
#include "http/message.hpp"

namespace bazar::frontend {

/// Of what a standby answered: the revision that it showed. Empty for a strict answer (docs/protocol.md, rule
/// 10).
using Label = std::optional<Revision>;

template <class T>
Label label_of(const catalog::Snapshot<T>& snapshot) {
  return snapshot.is_labelled() ? Label(snapshot.as_of) : std::nullopt;
}
/// Of a catalog's answer to a read. Throws Unavailable where it does not say what it is of.
[[nodiscard]] Label label_of(const balancer::Upstream::Answer& answer);

/// A client that takes nothing old gets an outage instead of a labelled lookup.
void require_acceptable(const http::Request& request, Label label);

/// What stands above the rest on a labelled page, and above the lines for a terminal; empty where there is no
/// label.
[[nodiscard]] std::string notice_of(Label label);

/// Where there is a label, the answer bears it, and is nothing that anybody may keep.
[[nodiscard]] http::Response with_label(http::Response response, Label label);

}  // namespace bazar::frontend
