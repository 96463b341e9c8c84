#include "experiment/laboratory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "base/oneshot.hpp"

namespace bazar::experiment {
namespace {

constexpr std::chrono::seconds start_patience{60};
constexpr milliseconds look_again{10};

Task<> wait_for(milliseconds time) {
  Timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(use_task);
}

}  // namespace

void Stores::take(Stores others) {
  std::ranges::move(others.stores_, std::back_inserter(stores_));
  others.stores_.clear();
}

Stores::~Stores() {
  for (const auto& store : stores_) store->ask_to_end();
}

Laboratory::Laboratory(StorePrograms programs, bool quick, std::function<void(double)> progress)
    : programs_(std::move(programs)),
      quick_(quick),
      progress_(std::move(progress)),
      signals_(loop_.get_executor(), SIGINT, SIGTERM) {
  signals_.async_wait([this](boost::system::error_code error, int) {
    if (error) return;
    interrupted_ = true;
    loop_.stop();
  });
}

void Laboratory::run(Task<> task) {
  bool finished = false;
  std::exception_ptr failure;
  asio::co_spawn(loop_.get_executor(), std::move(task), [&](std::exception_ptr error) {
    finished = true;
    failure = std::move(error);
    loop_.stop();
  });
  loop_.restart();
  loop_.run();
  if (interrupted_ || !finished) throw Interrupted();
  if (failure) std::rethrow_exception(failure);
}

void Laboratory::pause(milliseconds time) { run(wait_for(time)); }

Task<> put_load(std::jthread& thread, const load::Plan& plan, const load::Observer& observer,
                load::Result& result) {
  result = co_await suspend_until_complete<load::Result>([&](Completion<load::Result> completion) {
    thread = std::jthread([&, completion = std::move(completion)](const std::stop_token& stop) mutable {
      try {
        completion.set_value(load::run(plan, observer, stop));
      } catch (...) {
        completion.set_error(std::current_exception());
      }
    });
  });
}

load::Result Laboratory::run(const load::Plan& plan) {
  load::Result result;
  const load::Observer no_observer;
  std::jthread thread;
  run(put_load(thread, plan, no_observer, result));
  return result;
}

std::filesystem::path Laboratory::new_folder() {
  return folder_.path() / fmt::format("store-{}", ++stores_started_);
}

Stores Laboratory::start_on(const StoreSetup& setup, const std::filesystem::path& folder) {
  Stores stores;
  stores.add(std::make_unique<Store>(programs_, setup, folder));
  const auto until = std::chrono::steady_clock::now() + start_patience;
  while (!stores[0].is_ready()) {
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("a store does not become ready");
    pause(look_again);
  }
  return stores;
}

Stores Laboratory::start(const std::vector<StoreSetup>& setups) {
  Stores stores;
  for (const StoreSetup& setup : setups) stores.take(start_on(setup, new_folder()));
  return stores;
}

}  // namespace bazar::experiment
