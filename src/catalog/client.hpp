#pragma once

#include <expected>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "balancer/upstream.hpp"
#include "catalog/encoded_books.hpp"
#include "catalog/membership/member.hpp"
#include "catalog/sale.hpp"
#include "catalog/store.hpp"

namespace bazar::catalog {

/// Of what snapshot an answer to a read says that it is. Throws Unavailable where it does not say.
[[nodiscard]] Snapshot<std::monostate> snapshot_of(const balancer::Upstream::Answer& answer);

/// Answered with 200 by a catalog that can decide sales. Also one that has lost its database's primary
/// answers /healthz, and with labelled reads /readyz (docs/protocol.md, rule 10); this one is strict.
inline constexpr auto strict_probe = "/sales?unprojected=1&limit=1";

/// The catalog's HTTP interface, typed, for the other tiers. Reads and keyed writes go to any healthy replica
/// with failover. Used on its upstream's loop only.
class Client {
 public:
  explicit Client(balancer::Upstream& upstream) : upstream_(upstream) {}

  template <class T>
  struct From {
    Snapshot<T> snapshot;
    std::string replica;  ///< who answered, for X-Served-By
  };

  /// The books as they were written, in the order asked for, each once.
  Task<From<EncodedBatch>> books(std::vector<BookId> ids, SteadyTime deadline,
                                 const observe::TraceContext& trace);
  Task<From<std::optional<Page<Book>>>> by_topic(std::string topic, BookId after, std::size_t limit,
                                                 SteadyTime deadline, const observe::TraceContext& trace);

  Task<std::vector<SaleOutcome>> sell(std::vector<SaleRequest> sales, std::vector<OrderId> projected,
                                      SteadyTime deadline);
  Task<std::optional<Sale>> sale(OrderId order_id, SteadyTime deadline);
  Task<std::vector<Sale>> unprojected_sales(std::size_t limit, SteadyTime deadline);

  /// May be sent again under the same incarnation. Empty: that was revoked before; register under another.
  Task<std::optional<Grant>> enroll(const Member& member, SteadyTime deadline);
  /// Empty: not live, register again.
  Task<std::optional<Grant>> renew(const Member& member, SteadyTime deadline);
  Task<void> retire(const Member& member, SteadyTime deadline);
  Task<std::vector<Member>> members(SteadyTime deadline);

  [[nodiscard]] balancer::Upstream& upstream() { return upstream_; }

 private:
  balancer::Upstream& upstream_;
};

}  // namespace bazar::catalog
