#include "catalog/coherence/http_invalidator.hpp"

#include <boost/asio/co_spawn.hpp>

#include "base/assert.hpp"
#include "http/client.hpp"
#include "json/decode.hpp"
#include "json/encode.hpp"
#include "observe/log.hpp"

namespace bazar::catalog {
namespace {

/// What one call waits for. Shared, because an answer may come when the call no longer waits.
struct Round {
  std::vector<std::optional<Approval>> approvals;
  std::size_t waiting = 0;
};

http::ClientRequest to_request(Invalidation invalidation, const std::string& incarnation) {
  invalidation.incarnation = incarnation;
  // A floor only rises: to ask twice is to ask once.
  return {.method = http::Method::post, .target = "/invalidate", .body = json::encode(invalidation)};
}

/// What cannot be read is no hint: the status alone approves.
std::vector<BookId> cached_books(std::string_view body) {
  auto approval = json::decode<ApprovalBody>(body);
  if (!approval) return {};
  return std::move(approval->cached).value_or(std::vector<BookId>{});
}

Task<std::optional<Approval>> approval(http::Client& client, http::Endpoint endpoint,
                                       http::ClientRequest request, SteadyTime deadline, Member member) {
  std::string why;
  try {
    const auto response = co_await client.send(endpoint, std::move(request), deadline);
    if (response.status == 200) co_return Approval{std::move(member), cached_books(response.body)};
    why = "status " + std::to_string(response.status);
  } catch (const Outage& outage) {
    why = outage.what();
  }
  observe::log_warning("a front-end did not approve a write", {{"member", member.name}, {"why", why}});
  co_return std::nullopt;
}

}  // namespace

class HttpInvalidator::Impl {
 public:
  explicit Impl(const HttpInvalidatorOptions& options)
      : patience_(options.patience),
        client_(loop_, http::ClientOptions{.max_idle_per_endpoint = 2,
                                           .connect_timeout = options.patience,
                                           .bearer_token = options.service_token}) {}

  Answers ask(const Invalidation& invalidation, std::span<const Member> members) {
    const SteadyTime deadline = std::chrono::steady_clock::now() + patience_;
    const auto round = std::make_shared<Round>();
    round->approvals.resize(members.size());
    for (std::size_t i = 0; i < members.size(); ++i) send(round, i, invalidation, members[i], deadline);
    run(*round, deadline);
    Answers answers;
    for (std::size_t i = 0; i < members.size(); ++i) {
      auto& approved = round->approvals[i];
      if (approved) {
        answers.approved.push_back(*std::move(approved));
      } else {
        answers.silent.push_back(members[i]);
      }
    }
    return answers;
  }

 private:
  void send(const std::shared_ptr<Round>& round, std::size_t place, const Invalidation& invalidation,
            const Member& member, SteadyTime deadline) {
    const auto endpoint = http::parse_endpoint(member.control_url.empty() ? member.url : member.control_url);
    if (!endpoint) return;  // nowhere to ask: silent
    ++round->waiting;
    asio::co_spawn(
        loop_, approval(client_, *endpoint, to_request(invalidation, member.incarnation), deadline, member),
        [round, place](const std::exception_ptr& error, std::optional<Approval> approval) {
          --round->waiting;
          if (!error) round->approvals[place] = std::move(approval);
        });
  }

  /// The bound holds even if a request outstays its deadline.
  void run(const Round& round, SteadyTime deadline) {
    loop_.restart();
    while (round.waiting > 0 && std::chrono::steady_clock::now() < deadline) loop_.run_one_until(deadline);
    // What is due now, such as closing what timed out, must not wait for the next write.
    loop_.poll();
  }

  milliseconds patience_;
  Loop loop_{1};
  http::Client client_;
};

HttpInvalidator::HttpInvalidator(const HttpInvalidatorOptions& options)
    : impl_(std::make_unique<Impl>(options)) {}
HttpInvalidator::~HttpInvalidator() = default;

Answers HttpInvalidator::ask(const Invalidation& invalidation, std::span<const Member> members) {
  return impl_->ask(invalidation, members);
}

}  // namespace bazar::catalog
