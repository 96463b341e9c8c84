#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/task.hpp"
#include "base/temporary_folder.hpp"
#include "experiment/store.hpp"
#include "load/run.hpp"

namespace bazar::experiment {

/// SIGINT or SIGTERM came: thrown through a study, whose stores end as it is unwound.
class Interrupted : public std::runtime_error {
 public:
  Interrupted() : std::runtime_error("interrupted") {}
};

/// Several stores; all end side by side.
class Stores {
 public:
  Stores() = default;
  ~Stores();
  Stores(const Stores&) = delete;
  Stores& operator=(const Stores&) = delete;
  Stores(Stores&&) = default;
  Stores& operator=(Stores&&) = delete;

  void add(std::unique_ptr<Store> store) { stores_.push_back(std::move(store)); }
  void take(Stores others);
  [[nodiscard]] std::size_t size() const { return stores_.size(); }
  [[nodiscard]] Store& operator[](std::size_t index) { return *stores_.at(index); }

 private:
  std::vector<std::unique_ptr<Store>> stores_;
};

/// Puts a load on a store from `thread`, which it starts and whose end stops the load. Throws what load::run
/// throws. Everything that is passed outlives the thread.
Task<> put_load(std::jthread& thread, const load::Plan& plan, const load::Observer& observer,
                load::Result& result);

/// What studies work with: a loop that minds interruption, stores, and how much to do. One thread, the main
/// one.
class Laboratory {
 public:
  /// `progress` is told what share, 0 … 1, of the present study is done.
  Laboratory(StorePrograms programs, bool quick, std::function<void(double)> progress);

  [[nodiscard]] Loop& loop() { return loop_; }
  [[nodiscard]] const StorePrograms& programs() const { return programs_; }
  [[nodiscard]] bool quick() const { return quick_; }
  /// By how much there is to do.
  template <class T>
  [[nodiscard]] T choose(T full, T quick) const {
    return quick_ ? quick : full;
  }
  void done(double share) const { progress_(share); }

  /// Runs it to its end. Throws what it throws, or Interrupted, and then the laboratory is of no more use.
  void run(Task<> task);
  void pause(milliseconds time);
  /// Puts a load on a store. Throws what load::run throws, or Interrupted.
  [[nodiscard]] load::Result run(const load::Plan& plan);

  /// Waits until they are ready. Throws std::runtime_error.
  [[nodiscard]] Stores start(const std::vector<StoreSetup>& setups);
  /// The same for one, on a data folder that an earlier one may have left.
  [[nodiscard]] Stores start_on(const StoreSetup& setup, const std::filesystem::path& folder);
  /// A name of a folder for a store, which does not exist yet.
  [[nodiscard]] std::filesystem::path new_folder();
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  StorePrograms programs_;
  bool quick_;
  std::function<void(double)> progress_;
  TemporaryFolder folder_;
  int stores_started_ = 0;
  bool interrupted_ = false;
  Loop loop_{1};
  asio::basic_signal_set<LoopExecutor> signals_;
};

}  // namespace bazar::experiment
