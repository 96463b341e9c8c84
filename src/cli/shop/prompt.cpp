#include "cli/shop/prompt.hpp"

#include <editline/readline.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <optional>

#include "cli/failure.hpp"
#include "cli/up/data_folder.hpp"

namespace bazar::cli {
namespace {

constexpr std::array<std::string_view, 11> commands = {
    "search", "find", "info", "topics", "buy", "orders", "order", "price", "restock", "help", "quit"};
constexpr int kept_lines = 1'000;

char* next_completion(const char* begun, int state) {
  static std::size_t at = 0;
  if (state == 0) at = 0;
  while (at < commands.size()) {
    const auto name = commands[at++];
    if (name.starts_with(begun)) return ::strndup(name.data(), name.size());
  }
  return nullptr;
}

/// Only the first word is a command; nothing else is completed, file names least of all.
char** complete(const char* begun, int start, int) {
  rl_attempted_completion_over = 1;
  return start == 0 ? rl_completion_matches(begun, next_completion) : nullptr;
}

/// Line editing on a terminal. The history lasts from one prompt to the next where there is a folder for it.
class Terminal {
 public:
  Terminal() {
    using_history();
    stifle_history(kept_lines);
    rl_attempted_completion_function = complete;
    try {
      const auto folder = default_data_folder();
      if (std::filesystem::create_directories(folder))
        std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
      history_file_ = (folder / "shop_history").string();
      read_history(history_file_.c_str());
    } catch (const std::exception&) {
      history_file_.clear();  // a prompt without history is still a prompt
    }
  }
  ~Terminal() {
    if (!history_file_.empty()) write_history(history_file_.c_str());
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  static std::optional<std::string> read() {
    const std::unique_ptr<char, decltype(&std::free)> line(readline("bazar> "), &std::free);
    if (!line) return std::nullopt;
    if (*line != '\0') add_history(line.get());
    return std::string(line.get());
  }

 private:
  std::string history_file_;
};

std::optional<std::string> read_line(std::optional<Terminal>& terminal) {
  if (terminal) return Terminal::read();
  std::string line;
  if (!std::getline(std::cin, line)) return std::nullopt;
  return line;
}

std::string trimmed(const std::string& line) {
  constexpr auto blanks = " \t\r";
  const auto begin = line.find_first_not_of(blanks);
  if (begin == std::string::npos) return {};
  return line.substr(begin, line.find_last_not_of(blanks) - begin + 1);
}

bool complain(std::string what) {
  std::ranges::replace(what, '\n', ' ');
  fmt::print(stderr, "{}\n", what);
  return false;
}

/// False where it failed.
bool execute(Shop& shop, const std::string& line) {
  CLI::App app;
  app.name("");
  app.require_subcommand(1);
  app.footer(
      "  help                        this\n  quit                        or the end of input (Ctrl-D)");
  ShopAction action;
  add_shop_actions(app, action);
  try {
    if (line == "help") {
      fmt::print("{}", app.help());
      return true;
    }
    const auto word = line.substr(0, line.find(' '));
    if (std::ranges::find(commands, word) == commands.end())
      throw UsageError(fmt::format("{}: no such command", printable(word)));
    app.parse(line);
    action(shop);
    return true;
  } catch (const CLI::Success& help) {
    app.exit(help);
    return true;
  } catch (const CLI::ParseError& error) {
    return complain(fmt::format("{} (help lists the commands)", error.what()));
  } catch (const UsageError& error) {
    return complain(fmt::format("{} (help lists the commands)", error.what()));
  } catch (const std::exception& error) {
    return complain(error.what());
  }
}

}  // namespace

int run_prompt(Shop& shop, const std::string& store_url) {
  const bool interactive = ::isatty(STDIN_FILENO) == 1;
  std::optional<Terminal> terminal;
  if (interactive) {
    terminal.emplace();
    fmt::print("The store at {}. help lists the commands, quit leaves.\n", store_url);
  }
  bool failed = false;
  while (const auto read = read_line(terminal)) {
    const auto line = trimmed(*read);
    if (line.empty() || line.starts_with('#')) continue;
    if (line == "quit" || line == "exit") break;
    if (!execute(shop, line)) failed = true;
    std::fflush(stdout);
  }
  return failed && !interactive ? exit_failed : exit_done;
}

}  // namespace bazar::cli
