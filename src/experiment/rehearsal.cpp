#include "experiment/rehearsal.hpp"

#include <fmt/format.h>

#include "base/random.hpp"
#include "json/decode.hpp"

namespace bazar::experiment {
namespace {

constexpr std::chrono::seconds start_patience{120};
constexpr milliseconds look_again{20};
constexpr std::string_view own_prefix = "cluster: ";

/// The last line, which tells of an error, without the script's own name.
std::string reason_in(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  text.erase(0, text.rfind('\n') + 1);
  if (text.starts_with(own_prefix)) text.erase(0, own_prefix.size());
  return text.empty() ? "no word of why" : text;
}

}  // namespace

Rehearsal::Rehearsal(Laboratory& laboratory)
    : laboratory_(laboratory), name_("experiment-" + random_hex(4)), folder_(laboratory.new_folder()) {
  const auto& script = laboratory.programs().cluster_script;
  if (!std::filesystem::exists(script)) {
    throw CannotRehearse(fmt::format("there is no {}; the source tree has it, and --cluster-script names it",
                                     script.string()));
  }
  std::filesystem::create_directories(folder_);
  up_ = start(
      {"up", "--network", "namespaces", "--bazar", std::filesystem::read_symlink("/proc/self/exe").string()});
  const auto until = std::chrono::steady_clock::now() + start_patience;
  while (!is_ready()) {
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("a cluster does not become ready");
    laboratory.pause(look_again);
  }
}

std::unique_ptr<ChildProcess> Rehearsal::start(std::vector<std::string> words) const {
  const auto log = folder_ / (words.front() + ".log");
  words.insert(words.begin(), {"--name", name_});
  return std::make_unique<ChildProcess>(laboratory_.programs().start_cluster, words, log);
}

bool Rehearsal::is_ready() {
  const bool running = up_->running();
  const std::string printed = up_->output();
  if (running) return printed.find("\nready after ") != std::string::npos;
  // What the host does not allow is said before there is any machine.
  if (!printed.starts_with("Three machines")) throw CannotRehearse(reason_in(printed));
  throw std::runtime_error("tools/cluster up has ended: " + reason_in(printed));
}

Task<Rehearsal::Said> Rehearsal::ask(std::vector<std::string> words) {
  const auto process = start(std::move(words));
  Timer timer(laboratory_.loop().get_executor());
  while (process->running()) {
    timer.expires_after(look_again);
    co_await timer.async_wait(use_task);
  }
  co_return Said{.good = process->succeeded(), .text = process->output()};
}

Task<std::string> Rehearsal::insist(std::vector<std::string> words) {
  const std::string command = fmt::format("tools/cluster {}", fmt::join(words, " "));
  Said said = co_await ask(std::move(words));
  if (!said.good) throw std::runtime_error(fmt::format("{}: {}", command, reason_in(std::move(said.text))));
  co_return std::move(said.text);
}

Task<RehearsalStatus> Rehearsal::status() {
  const std::string text = co_await insist({"status", "--json"});
  auto status = json::decode<RehearsalStatus>(text);
  if (!status) {
    throw std::runtime_error(
        fmt::format("tools/cluster status --json: {} {}", status.error().field, status.error().detail));
  }
  co_return *std::move(status);
}

Task<> Rehearsal::kill(std::string machine) { (void)co_await insist({"kill", std::move(machine)}); }
Task<> Rehearsal::switch_on(std::string machine) { (void)co_await insist({"start", std::move(machine)}); }

Task<Rehearsal::Said> Rehearsal::compare_copies() {
  Said said = co_await ask({"copies"});
  said.text = reason_in(std::move(said.text));
  co_return said;
}

}  // namespace bazar::experiment
