#pragma once

#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/task.hpp"

namespace bazar {

/// Those who wait for something on a loop, each up to a deadline, with one timer for all: arming one costs
/// more than the rest of a wait, and the deadlines of successive requests rise, so that it is rarely armed
/// anew. For one loop, not thread-safe. Kept by a shared pointer, which its timer's handler holds weakly.
class DeadlineList : public std::enable_shared_from_this<DeadlineList> {
 public:
  /// A place in the list. Listed at most once.
  class Entry {
   public:
    virtual ~Entry() = default;
    /// It waits in vain, and is no longer listed.
    virtual void fail(std::exception_ptr error) = 0;

   private:
    friend DeadlineList;
    std::optional<std::multimap<SteadyTime, std::shared_ptr<Entry>>::iterator> place_;
  };

  /// `late` is what DeadlineExceeded says to those whose time is up.
  DeadlineList(const Clock& clock, std::string late) : clock_(clock), late_(std::move(late)) {}

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  void add(const LoopExecutor& executor, SteadyTime deadline, std::shared_ptr<Entry> entry);
  /// False: it was not listed any more.
  bool remove(Entry& entry);
  /// Fails all, and stops the timer.
  void stop(std::exception_ptr error);

 private:
  void arm(SteadyTime deadline);
  void expire();
  void fail_first(std::exception_ptr error);

  const Clock& clock_;
  const std::string late_;
  std::multimap<SteadyTime, std::shared_ptr<Entry>> entries_;
  std::optional<Timer> timer_;
  std::optional<SteadyTime> armed_for_;  ///< empty while no wait is pending
};

}  // namespace bazar
