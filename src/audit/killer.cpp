#include "audit/killer.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <fstream>
#include <map>

namespace bazar::audit {
namespace {

/// Whether one of the arguments that the process was started with is `word`.
bool was_started_as(pid_t pid, const std::string& word) {
  std::ifstream file(fmt::format("/proc/{}/cmdline", pid), std::ios::binary);
  std::string argument;
  while (std::getline(file, argument, '\0')) {
    if (argument == word) return true;
  }
  return false;
}

bool is_fair_game(const Victim& victim) {
  if (victim.pid <= 1 || victim.pid == ::getpid()) return false;
  return victim.role.empty() || was_started_as(victim.pid, victim.role);
}

}  // namespace

Killer::Killer(Loop& loop, KillerOptions options)
    : options_(std::move(options)), random_(options_.seed), timer_(loop.get_executor()) {}

Task<> Killer::run() {
  begin_ = std::chrono::steady_clock::now();
  while (!stopping_) {
    std::uniform_int_distribution<std::int64_t> wait(options_.every.count() / 2,
                                                     options_.every.count() * 3 / 2);
    timer_.expires_after(milliseconds(wait(random_)));
    boost::system::error_code cancelled;
    co_await timer_.async_wait(asio::redirect_error(use_task, cancelled));
    if (!stopping_) kill_one();
  }
}

void Killer::stop() {
  stopping_ = true;
  timer_.cancel();
}

std::vector<Victim> Killer::candidates() {
  std::vector<Victim> victims = options_.victims();
  std::erase_if(victims, [this](const Victim& victim) {
    const bool had_its_turn = options_.once_each && std::ranges::any_of(kills_, [&](const Kill& kill) {
                                return kill.victim.pid == victim.pid;
                              });
    return had_its_turn || !is_fair_game(victim);
  });
  return victims;
}

void Killer::kill_one() {
  std::map<std::string, std::vector<Victim>> by_role;
  for (Victim& victim : candidates()) by_role[victim.role].push_back(std::move(victim));
  if (by_role.empty()) return;
  const auto role = std::next(by_role.begin(), static_cast<std::ptrdiff_t>(random_() % by_role.size()));
  const Victim& victim = role->second[random_() % role->second.size()];
  if (::kill(victim.pid, SIGKILL) != 0) return;
  kills_.push_back(
      {victim, std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin_)});
}

}  // namespace bazar::audit
