#include "catalog/client.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <charconv>

#include "base/assert.hpp"
#include "catalog/wire.hpp"
#include "json/decode.hpp"
#include "json/encode.hpp"

namespace bazar::catalog {
namespace {

using Answer = balancer::Upstream::Answer;

/// A request line must fit into what a server reads of a head.
constexpr std::size_t max_ids_bytes = 8 * 1024;

std::string encoded(std::string_view text) {
  return boost::urls::encode(boost::urls::string_view(text.data(), text.size()),
                             boost::urls::unreserved_chars);
}

std::string member_target(const Member& member) {
  return "/members/" + std::string(to_string(member.role)) + '/' + encoded(member.name);
}

std::string renewal_target(const Member& member) {
  return member_target(member) + "?incarnation=" + encoded(member.incarnation);
}

json::Format format_of(const Answer& answer) {
  json::Format format;
  if (const auto code = answer.response.header(wire::currency_header)) {
    const auto currency = find_currency(*code);
    if (!currency) throw Unavailable(answer.replica + " keeps its books in an unknown currency");
    format.money_decimals = currency->decimals;
  }
  return format;
}

/// The answer may be from a release that is another than ours: what does not fit is an outage.
template <class T>
T readable(std::expected<T, FieldError> body, const Answer& answer) {
  if (!body) {
    throw Unavailable(answer.replica + " sent a body that cannot be read: " + body.error().field + ' ' +
                      body.error().detail);
  }
  return *std::move(body);
}

template <class T>
T decoded(const Answer& answer) {
  return readable(json::decode<T>(answer.response.body, format_of(answer)), answer);
}

template <class T>
T decoded_if_ok(const Answer& answer) {
  if (answer.response.status != 200) balancer::throw_outage(answer);
  return decoded<T>(answer);
}

template <class T>
Snapshot<T> snapshot_of(const Answer& answer, T value) {
  const auto as_of = answer.response.header(wire::as_of_header);
  const auto epoch = answer.response.header(wire::epoch_header);
  Snapshot<T> snapshot{std::move(value), 0, std::string(epoch.value_or(""))};
  const auto text = as_of.value_or("");
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), snapshot.as_of);
  if (fault != std::errc{} || end != text.data() + text.size() || snapshot.epoch.empty()) {
    throw Unavailable(answer.replica + " did not say which snapshot it read");
  }
  return snapshot;
}

http::ClientRequest get(std::string target, observe::TraceContext trace = {}) {
  return {.method = http::Method::get, .target = std::move(target), .trace = trace};
}

/// As many of `ids` from `begin` on as one request line holds: `1,2,3`. Moves `begin` past them.
std::string next_ids(const std::vector<BookId>& ids, std::size_t& begin) {
  std::string text;
  for (std::size_t count = 0;
       begin < ids.size() && count < wire::max_batch_ids && text.size() < max_ids_bytes; ++begin, ++count) {
    if (count > 0) text += ',';
    text += std::to_string(ids[begin].value);
  }
  return text;
}

/// Adds what a further request found. The whole is as old as its oldest part.
void append(Client::From<EncodedBatch>& all, Client::From<EncodedBatch> part) {
  if (part.snapshot.epoch != all.snapshot.epoch)
    throw Unavailable("the catalog's epoch changed between two reads");
  all.snapshot.as_of = std::min(all.snapshot.as_of, part.snapshot.as_of);
  EncodedBatch& into = all.snapshot.value;
  EncodedBatch& from = part.snapshot.value;
  into.texts.splice(into.texts.end(), from.texts);
  into.books.insert(into.books.end(), from.books.begin(), from.books.end());
  into.missing.insert(into.missing.end(), from.missing.begin(), from.missing.end());
}

Task<Client::From<EncodedBatch>> read_books(balancer::Upstream& upstream, std::string ids,
                                            SteadyTime deadline, observe::TraceContext trace) {
  Answer answer = co_await upstream.send(get("/books?ids=" + ids, trace), deadline);
  if (answer.response.status != 200) balancer::throw_outage(answer);
  auto batch = readable(read_batch(std::move(answer.response.body), format_of(answer)), answer);
  co_return Client::From<EncodedBatch>{snapshot_of(answer, std::move(batch)), answer.replica};
}

/// The coroutines behind the client take copies: a caller may let go of its arguments while they are
/// suspended.
Task<Client::From<EncodedBatch>> read_all_books(balancer::Upstream& upstream, std::vector<BookId> ids,
                                                SteadyTime deadline, observe::TraceContext trace) {
  BAZAR_ASSERT(!ids.empty(), "a batch asks for at least one book");
  std::size_t begin = 0;
  auto all = co_await read_books(upstream, next_ids(ids, begin), deadline, trace);
  while (begin < ids.size())
    append(all, co_await read_books(upstream, next_ids(ids, begin), deadline, trace));
  co_return all;
}

Task<Client::From<std::optional<Page<Book>>>> read_topic(balancer::Upstream& upstream, std::string target,
                                                         SteadyTime deadline, observe::TraceContext trace) {
  const Answer answer = co_await upstream.send(get(std::move(target), trace), deadline);
  std::optional<Page<Book>> page;
  if (answer.response.status != 404) {
    auto list = decoded_if_ok<wire::BookList>(answer);
    page = Page<Book>{std::move(list.books), std::move(list.next.value)};
  }
  co_return Client::From<std::optional<Page<Book>>>{snapshot_of(answer, std::move(page)), answer.replica};
}

Task<std::optional<Grant>> send_for_grant(balancer::Upstream& upstream, http::ClientRequest request,
                                          SteadyTime deadline) {
  const Answer answer = co_await upstream.send(std::move(request), deadline);
  if (answer.response.status == 409) co_return std::nullopt;
  co_return decoded_if_ok<Grant>(answer);
}

template <class T>
Task<T> send_for(balancer::Upstream& upstream, http::ClientRequest request, SteadyTime deadline) {
  const Answer answer = co_await upstream.send(std::move(request), deadline);
  co_return decoded_if_ok<T>(answer);
}

Task<void> send_leave(balancer::Upstream& upstream, http::ClientRequest request, SteadyTime deadline) {
  const Answer answer = co_await upstream.send(std::move(request), deadline);
  if (answer.response.status != 204) balancer::throw_outage(answer);
}

}  // namespace

Snapshot<std::monostate> snapshot_of(const Answer& answer) { return snapshot_of(answer, std::monostate{}); }

Task<Client::From<EncodedBatch>> Client::books(std::vector<BookId> ids, SteadyTime deadline,
                                               const observe::TraceContext& trace) {
  return read_all_books(upstream_, std::move(ids), deadline, trace);
}

Task<Client::From<std::optional<Page<Book>>>> Client::by_topic(std::string topic, BookId after,
                                                               std::size_t limit, SteadyTime deadline,
                                                               const observe::TraceContext& trace) {
  auto target = "/books?full=1&topic=" + encoded(topic) + "&limit=" + std::to_string(limit);
  if (after.value > 0) target += "&after=" + std::to_string(after.value);
  return read_topic(upstream_, std::move(target), deadline, trace);
}

Task<std::vector<SaleOutcome>> Client::sell(std::vector<SaleRequest> sales, std::vector<OrderId> projected,
                                            SteadyTime deadline) {
  // Each sale carries its key: the whole call may be sent again.
  wire::SalesRequest body{std::move(sales), std::move(projected)};
  http::ClientRequest request{.method = http::Method::post, .target = "/sales", .body = json::encode(body)};
  const Answer answer = co_await upstream_.send(std::move(request), deadline);
  const auto reply = decoded_if_ok<wire::Outcomes>(answer);
  if (reply.outcomes.size() != body.sales.size()) throw Unavailable(answer.replica + " left sales undecided");
  std::vector<SaleOutcome> outcomes;
  outcomes.reserve(reply.outcomes.size());
  for (std::size_t i = 0; i < reply.outcomes.size(); ++i) {
    auto outcome = wire::from_wire(reply.outcomes[i], body.sales[i].key);
    if (!outcome) throw Unavailable(answer.replica + " sent an outcome that cannot be read");
    outcomes.push_back(*std::move(outcome));
  }
  co_return outcomes;
}

Task<std::optional<Sale>> Client::sale(OrderId order_id, SteadyTime deadline) {
  const Answer answer = co_await upstream_.send(get("/sales/" + to_string(order_id)), deadline);
  if (answer.response.status == 404) co_return std::nullopt;
  co_return decoded_if_ok<Sale>(answer);
}

Task<std::vector<Sale>> Client::unprojected_sales(std::size_t limit, SteadyTime deadline) {
  auto target =
      "/sales?unprojected=1&limit=" + std::to_string(std::clamp<std::size_t>(limit, 1, wire::max_page));
  auto list = co_await send_for<wire::SaleList>(upstream_, get(std::move(target)), deadline);
  co_return std::move(list.sales);
}

Task<std::optional<Grant>> Client::enroll(const Member& member, SteadyTime deadline) {
  const wire::Registration body{member.url,
                                member.control_url.empty() ? std::nullopt : std::optional(member.control_url),
                                member.incarnation};
  return send_for_grant(
      upstream_, {.method = http::Method::put, .target = member_target(member), .body = json::encode(body)},
      deadline);
}

Task<std::optional<Grant>> Client::renew(const Member& member, SteadyTime deadline) {
  return send_for_grant(upstream_, get(renewal_target(member)), deadline);
}

Task<void> Client::retire(const Member& member, SteadyTime deadline) {
  return send_leave(upstream_, {.method = http::Method::del, .target = renewal_target(member)}, deadline);
}

Task<std::vector<Member>> Client::members(SteadyTime deadline) {
  const auto list = co_await send_for<wire::MemberList>(upstream_, get("/members"), deadline);
  std::vector<Member> members;
  for (const auto& one : list.members) {
    // A role that a newer release brought is none of ours to talk to.
    if (auto member = wire::from_wire(one)) members.push_back(*std::move(member));
  }
  co_return members;
}

}  // namespace bazar::catalog
