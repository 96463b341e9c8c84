#include "audit/linearizability.hpp"

#include "audit/explanation.hpp"
#include "audit/search.hpp"

namespace bazar::audit {

LinearizabilityResult check_linearizability(std::span<const Operation> history, const BookState& initial,
                                            const LinearizabilityOptions& options) {
  detail::Search search(history, initial, options.max_configurations);
  while (!search.finished()) {
    switch (search.advance()) {
      case detail::Search::Step::fine:
        break;
      case detail::Search::Step::too_many:
        return {.violation = {}, .undecided = true};
      case detail::Search::Step::impossible: {
        const auto operation = search.current();
        return {
            .violation = Violation{operation, detail::explain(history, initial, operation,
                                                              search.configurations(), search.under_way())},
            .undecided = false};
      }
    }
  }
  return {};
}

}  // namespace bazar::audit
