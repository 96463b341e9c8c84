#include "bench/overload_store.hpp"

#include <sched.h>
#include <signal.h>

#include <charconv>
#include <chrono>
#include <sstream>
#include <stdexcept>

#include "load/mix.hpp"

namespace bazar::bench {
namespace {

constexpr int books = 7;  // of the demo
constexpr milliseconds patience{20'000};
constexpr milliseconds stopped_for{90};
constexpr milliseconds running_for{10};

/// What is started from here on inherits it.
void stay_on_processor(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(processor), &set);
  if (::sched_setaffinity(0, sizeof set, &set) != 0) throw std::runtime_error("this needs two processors");
}

Task<> ask(Loop& loop, http::Endpoint server, http::ClientRequest request, std::string& body) {
  http::Client client(loop, {});
  auto answer = co_await client.send(server, std::move(request), std::chrono::steady_clock::now() + patience);
  if (answer.status != 200) throw std::runtime_error(std::to_string(answer.status) + ' ' + answer.body);
  body = std::move(answer.body);
}

std::string answer_to(const http::Endpoint& server, const http::ClientRequest& request) {
  std::string body;
  harness::run([&](Loop& loop) { return ask(loop, server, request, body); });
  return body;
}

/// The value of `label="…"` in a line of the Prometheus text format; empty: it has none.
std::string label_of(const std::string& line, const std::string& label) {
  const std::string before = label + "=\"";
  const std::size_t begin = line.find(before);
  if (begin == std::string::npos) return {};
  const std::size_t value = begin + before.size();
  return line.substr(value, line.find('"', value) - value);
}

}  // namespace

OverloadStore::OverloadStore(std::vector<std::string> args) {
  args.insert(args.end(), {"--frontends", "1", "--catalogs", "2", "--orders", "2"});
  stay_on_processor(0);
  store_ = std::make_unique<harness::StoreProcess>(folder_.path() / "data", std::move(args));
  stay_on_processor(1);
  for (int id = 1; id <= books; ++id) {
    (void)answer_to(frontend(), {.method = http::Method::post,
                                 .target = "/books/" + std::to_string(id) + "/stock",
                                 .headers = {{"Authorization", "Bearer " + store_->shopkeeper_token()},
                                             {"Idempotency-Key", "stock-" + std::to_string(id)}},
                                 .body = R"({"delta":100000000})"});
  }
}

harness::RunningMember OverloadStore::member(const std::string& name) const {
  for (auto& member : store_->members()) {
    if (member.name == name) return member;
  }
  throw std::runtime_error("the store has no " + name);
}

load::Plan OverloadStore::plan(const std::string& mix) const {
  load::Plan plan;
  plan.targets = {frontend()};
  plan.mix = load::find_mix(mix).value();
  plan.books = load::shuffled_books(books, 1);
  plan.popularity.assign(books, 1);
  return plan;
}

std::map<std::string, double> OverloadStore::picks(const std::string& service) const {
  std::map<std::string, double> picks;
  for (const auto& caller : store_->members()) {
    std::istringstream lines(answer_to(caller.endpoint, {.target = "/metrics"}));
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("bazar_upstream_requests_total{") || label_of(line, "service") != service)
        continue;
      double count = 0;
      const std::size_t value = line.rfind(' ') + 1;
      std::from_chars(line.data() + value, line.data() + line.size(), count);
      picks[label_of(line, "replica")] += count;
    }
  }
  return picks;
}

SlowedProcess::SlowedProcess(pid_t pid)
    : thread_([pid](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
          ::kill(pid, SIGSTOP);
          std::this_thread::sleep_for(stopped_for);
          ::kill(pid, SIGCONT);
          std::this_thread::sleep_for(running_for);
        }
      }) {}

SlowedProcess::~SlowedProcess() {
  thread_.request_stop();
  thread_.join();
}

}  // namespace bazar::bench
