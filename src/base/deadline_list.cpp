#include "base/deadline_list.hpp"

#include "base/assert.hpp"
#include "base/errors.hpp"

namespace bazar {

void DeadlineList::add(const LoopExecutor& executor, SteadyTime deadline, std::shared_ptr<Entry> entry) {
  BAZAR_ASSERT(!entry->place_, "an entry is listed once");
  if (!timer_) timer_.emplace(executor);
  Entry& listed = *entry;
  listed.place_ = entries_.emplace(deadline, std::move(entry));
  if (!armed_for_ || deadline < *armed_for_) arm(deadline);
}

bool DeadlineList::remove(Entry& entry) {
  if (!entry.place_) return false;
  const auto place = *std::exchange(entry.place_, std::nullopt);
  entries_.erase(place);
  return true;
}

void DeadlineList::fail_first(std::exception_ptr error) {
  const auto entry = entries_.begin()->second;
  remove(*entry);
  entry->fail(std::move(error));
}

void DeadlineList::stop(std::exception_ptr error) {
  while (!entries_.empty()) fail_first(error);
  if (timer_) timer_->cancel();
}

void DeadlineList::arm(SteadyTime deadline) {
  armed_for_ = deadline;
  // This aborts the wait before it. One whose handler was already on its way comes early, finds nothing due,
  // and arms anew.
  timer_->expires_after(deadline - clock_.now());
  timer_->async_wait([self = weak_from_this()](const boost::system::error_code& error) {
    if (error) return;
    if (const auto list = self.lock()) list->expire();
  });
}

void DeadlineList::expire() {
  armed_for_.reset();
  const SteadyTime now = clock_.now();
  while (!entries_.empty() && entries_.begin()->first <= now) {
    fail_first(std::make_exception_ptr(DeadlineExceeded(late_)));
  }
  if (!entries_.empty()) arm(entries_.begin()->first);
}

}  // namespace bazar
