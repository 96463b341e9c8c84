#include "experiment/failover_marks.hpp"

#include <algorithm>
#include <vector>

#include "base/assert.hpp"

namespace bazar::experiment {

FailoverMarks find_marks(const std::deque<Errand>& errands, std::size_t victim, SteadyTime kill_begun,
                         SteadyTime kill_done) {
  FailoverMarks marks{.killed = kill_begun, .last_purchase = {}, .purchases_again = {}, .noticed = {}};
  std::vector<SteadyTime> purchases;
  for (const Errand& errand : errands) {
    if (errand.fate != Errand::Fate::answered) continue;
    if (errand.frontend == victim && errand.ended < kill_done)
      marks.killed = std::max(marks.killed, errand.ended);
    const bool is_of_the_kill = errand.labelled && errand.ended >= kill_begun;
    if (is_of_the_kill && (!marks.noticed || errand.ended < *marks.noticed)) marks.noticed = errand.ended;
    if (errand.kind == Errand::Kind::purchase) purchases.push_back(errand.ended);
  }
  BAZAR_ASSERT(purchases.size() >= 2, "purchases before and after");
  std::ranges::sort(purchases);
  const auto pause_after = [&](std::size_t i) { return purchases[i + 1] - purchases[i]; };
  std::size_t longest = 0;
  for (std::size_t i = 1; i + 1 < purchases.size(); ++i) {
    if (pause_after(i) > pause_after(longest)) longest = i;
  }
  marks.last_purchase = purchases[longest];
  marks.purchases_again = purchases[longest + 1];
  return marks;
}

void Fares::count(const Errand& errand) {
  ++requests;
  switch (errand.fate) {
    case Errand::Fate::answered:
      ++answered;
      if (errand.labelled) ++labelled;
      break;
    case Errand::Fate::told_to_wait:
      ++told_to_wait;
      break;
    case Errand::Fate::failed:
      ++failed;
      break;
  }
}

}  // namespace bazar::experiment
