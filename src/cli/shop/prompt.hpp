#pragma once

#include <string>

#include "cli/shop/shop.hpp"

namespace bazar::cli {

/// Reads commands from standard input until its end or `quit`: with line editing, history and completion on a
/// terminal, plain lines otherwise. A command that fails is told on standard error and the next one is read.
/// exit_done, or exit_failed where one of a script's commands failed.
int run_prompt(Shop& shop, const std::string& store_url);

}  // namespace bazar::cli
