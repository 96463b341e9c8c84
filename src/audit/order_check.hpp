#pragma once

#include "audit/verdict.hpp"

namespace bazar::audit {

/// Sales without orders and orders without sales, as every front-end shows them.
void check_orders(const Record& record, const Aftermath& aftermath, Verdict& verdict);

}  // namespace bazar::audit
