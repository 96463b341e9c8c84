#pragma once

#include <CLI/App.hpp>
#include <functional>

namespace bazar::cli {

/// What the command line asks for: runs it and returns the exit code. Throws Failure or UsageError.
using Command = std::function<int()>;

// Each adds one subcommand to `app`; when the command line names it, `chosen` is set. A new subcommand is a
// file cmd_NAME.cpp, a line here and one in main.cpp's list.
void add_up(CLI::App& app, Command& chosen);
void add_catalog(CLI::App& app, Command& chosen);
void add_orders(CLI::App& app, Command& chosen);
void add_frontend(CLI::App& app, Command& chosen);
void add_members(CLI::App& app, Command& chosen);
void add_shop(CLI::App& app, Command& chosen);
void add_import(CLI::App& app, Command& chosen);
void add_export(CLI::App& app, Command& chosen);
void add_copy(CLI::App& app, Command& chosen);
void add_migrate(CLI::App& app, Command& chosen);
void add_audit(CLI::App& app, Command& chosen);
void add_experiment(CLI::App& app, Command& chosen);
void add_bench(CLI::App& app, Command& chosen);

}  // namespace bazar::cli
