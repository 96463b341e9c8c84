#include "orders/purchase_queue.hpp"

#include <utility>

#include "base/assert.hpp"

namespace bazar::orders {

const PurchaseRequest& PurchaseQueue::Item::request() const { return group_->requests[index_]; }

PurchaseQueue::Ticket PurchaseQueue::add(std::vector<PurchaseRequest> requests, Answer answer) {
  const std::size_t count = requests.size();
  BAZAR_ASSERT(count > 0, "an empty group would never be answered");
  auto group = std::make_shared<Group>();
  group->requests = std::move(requests);
  group->results.resize(count);
  group->unknown = count;
  group->answer = std::move(answer);
  for (std::size_t i = 0; i < count; ++i) {
    ++keys_[group->requests[i].key];
    waiting_.push_back(Item(group, i));
  }
  outstanding_ += count;
  return group;
}

PurchaseQueue::Batch PurchaseQueue::take(std::size_t max, std::size_t max_lines) {
  Batch batch;
  std::size_t lines = 0;
  while (!waiting_.empty() && batch.size() < max && lines < max_lines) {
    Item item = std::move(waiting_.front());
    waiting_.pop_front();
    if (item.group_->answered) {
      --outstanding_;
      continue;
    }
    lines += item.request().lines.size();
    batch.push_back(std::move(item));
  }
  return batch;
}

void PurchaseQueue::settle(const Item& item, PurchaseResult result) {
  --outstanding_;
  Group& group = *item.group_;
  if (group.answered) return;
  release_key(item.request().key);
  BAZAR_ASSERT(!group.results[item.index_], "a purchase is settled once");
  group.results[item.index_] = std::move(result);
  if (--group.unknown == 0) answer(group);
}

void PurchaseQueue::give_up(const Ticket& ticket, const std::exception_ptr& reason) {
  const auto kept = ticket.lock();
  if (!kept || kept->answered) return;
  Group& group = *kept;
  for (std::size_t i = 0; i < group.requests.size(); ++i) {
    if (group.results[i]) continue;
    const std::string& key = group.requests[i].key;
    release_key(key);
    if (keys_.contains(key)) {
      PurchaseOutcome undecided;
      undecided.status = PurchaseStatus::in_flight;
      group.results[i] = std::move(undecided);
    } else {
      group.results[i] = std::unexpected(reason);
    }
  }
  answer(group);
}

void PurchaseQueue::answer(Group& group) {
  group.answered = true;
  std::vector<PurchaseResult> results;
  results.reserve(group.results.size());
  for (auto& result : group.results) results.push_back(*std::move(result));
  group.answer(std::move(results));
}

void PurchaseQueue::release_key(const std::string& key) {
  const auto entry = keys_.find(key);
  BAZAR_ASSERT(entry != keys_.end(), "a purchase that is waited for has its key counted");
  if (--entry->second == 0) keys_.erase(entry);
}

}  // namespace bazar::orders
