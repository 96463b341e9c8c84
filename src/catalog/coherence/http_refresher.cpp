#include "catalog/coherence/http_refresher.hpp"

#include <prometheus/counter.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <map>
#include <mutex>

#include "base/assert.hpp"
#include "base/errors.hpp"
#include "catalog/wire.hpp"
#include "http/client.hpp"
#include "http/loop_pool.hpp"
#include "json/encode.hpp"
#include "observe/log.hpp"

namespace bazar::catalog {
namespace {

using SharedBook = std::shared_ptr<const RefreshedBook>;

/// What one front-end is still to be sent.
struct Outbox {
  std::string epoch;
  std::map<BookId, SharedBook> newest;
  bool under_way = false;  ///< a coroutine sends, and looks for more when it has sent
};

struct Message {
  http::ClientRequest request;
  std::size_t books = 0;
};

/// As Refresh, of books that are encoded already.
struct Body {
  std::string epoch;
  std::vector<json::Raw> books;
};
BOOST_DESCRIBE_STRUCT(Body, (), (epoch, books))

/// What is around the books in a body.
constexpr std::size_t frame_bytes = 1'024;

/// As many of `books`, all of one currency, as a message holds.
Message to_message(std::string epoch, const std::map<BookId, SharedBook>& books) {
  const std::string& code = books.begin()->second->book.currency;
  const auto currency = find_currency(code);
  BAZAR_ASSERT(currency, "a catalog keeps its books in a currency that it knows");
  Body body{.epoch = std::move(epoch), .books = {}};
  std::size_t bytes = frame_bytes;
  for (const auto& [id, refreshed] : books) {
    std::string text = json::encode(*refreshed, {.money_decimals = currency->decimals});
    bytes += text.size() + 1;
    if (bytes > Refresh::max_bytes) break;
    body.books.push_back({std::move(text)});
  }
  // It may be sent again: two fills with one value are as one.
  return {.request = {.method = http::Method::post,
                      .target = "/refresh",
                      .headers = {{wire::currency_header, code}},
                      .body = json::encode(body)},
          .books = body.books.size()};
}

struct Outcomes {
  explicit Outcomes(observe::Metrics& metrics)
      : sent(counter(metrics, "sent")),
        superseded(counter(metrics, "superseded")),
        dropped(counter(metrics, "dropped")),
        failed(counter(metrics, "failed")) {}

  static prometheus::Counter& counter(observe::Metrics& metrics, const std::string& outcome) {
    return metrics.counter("bazar_refreshes_total", "Books sent to front-ends after a commit",
                           {{"outcome", outcome}});
  }

  prometheus::Counter& sent;
  prometheus::Counter& superseded;  ///< a later value of the book came before this one went
  prometheus::Counter& dropped;     ///< too many at once
  prometheus::Counter& failed;      ///< refused, or no answer in time
};

}  // namespace

class HttpRefresher::Impl {
 public:
  Impl(HttpRefresherOptions options, observe::Metrics& metrics)
      : patience_(options.patience),
        outcomes_(metrics),
        client_(loops_.at(0), http::ClientOptions{.max_idle_per_endpoint = 1,
                                                  .connect_timeout = options.patience,
                                                  .bearer_token = std::move(options.service_token)}) {
    loops_.start();
  }
  // The loop's coroutines use what follows it: they end first.
  ~Impl() { loops_.stop(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void send(const std::string& epoch, Revision as_of, std::vector<Book> books,
            std::span<const Approval> approvals) {
    const std::map<BookId, SharedBook> shared = named_books(as_of, std::move(books), approvals);
    for (const Approval& approval : approvals) {
      if (names_too_many(approval)) {
        outcomes_.dropped.Increment(static_cast<double>(approval.cached.size()));
        continue;
      }
      std::vector<SharedBook> cached;
      for (const BookId id : approval.cached) {
        if (const auto at = shared.find(id); at != shared.end()) cached.push_back(at->second);
      }
      const auto endpoint = http::parse_endpoint(approval.frontend.control_url);
      if (endpoint && !cached.empty()) post(*endpoint, epoch, cached);
    }
  }

 private:
  /// Only a front-end of an earlier release does.
  static bool names_too_many(const Approval& approval) { return approval.cached.size() > Refresh::max_books; }

  /// A batch may be large, and few of its books be cached by anybody.
  static std::map<BookId, SharedBook> named_books(Revision as_of, std::vector<Book> books,
                                                  std::span<const Approval> approvals) {
    std::vector<BookId> named;
    for (const Approval& approval : approvals) {
      if (!names_too_many(approval))
        named.insert(named.end(), approval.cached.begin(), approval.cached.end());
    }
    std::ranges::sort(named);
    std::map<BookId, SharedBook> shared;
    for (Book& book : books) {
      const BookId id = book.id;
      if (std::ranges::binary_search(named, id))
        shared.emplace(id, std::make_shared<const RefreshedBook>(RefreshedBook{as_of, std::move(book)}));
    }
    return shared;
  }

  void post(const http::Endpoint& endpoint, const std::string& epoch, const std::vector<SharedBook>& books) {
    const std::lock_guard hold(mutex_);
    Outbox& outbox = outboxes_[endpoint];
    if (outbox.newest.size() + books.size() > Refresh::max_books || outbox.epoch != epoch) {
      outcomes_.dropped.Increment(static_cast<double>(outbox.newest.size()));
      outbox.newest.clear();
      outbox.epoch = epoch;
    }
    for (const SharedBook& book : books) {
      const auto [at, inserted] = outbox.newest.insert_or_assign(book->book.id, book);
      if (!inserted) outcomes_.superseded.Increment();
    }
    if (std::exchange(outbox.under_way, true)) return;
    asio::co_spawn(loops_.at(0), deliver(endpoint), asio::detached);
  }

  /// One message after the other until nothing waits.
  Task<> deliver(http::Endpoint endpoint) {
    while (auto message = next(endpoint)) {
      const auto books = static_cast<double>(message->books);
      const bool taken = co_await delivered(endpoint, std::move(message->request));
      (taken ? outcomes_.sent : outcomes_.failed).Increment(books);
    }
  }

  Task<bool> delivered(http::Endpoint endpoint, http::ClientRequest request) {
    std::string why;
    try {
      const auto response =
          co_await client_.send(endpoint, std::move(request), std::chrono::steady_clock::now() + patience_);
      if (response.status == 204) co_return true;
      why = "status " + std::to_string(response.status);
    } catch (const std::exception& error) {
      // Whatever it is, the next refresh is to be sent.
      why = error.what();
    }
    observe::log_debug("a front-end did not take a refresh", {{"to", http::to_url(endpoint)}, {"why", why}});
    co_return false;
  }

  /// All that waits, as far as one message holds it. Empty, and the outbox is gone, where nothing waits.
  std::optional<Message> next(const http::Endpoint& endpoint) {
    Outbox taken;
    {
      const std::lock_guard hold(mutex_);
      const auto at = outboxes_.find(endpoint);
      if (at->second.newest.empty()) {
        outboxes_.erase(at);
        return std::nullopt;
      }
      taken.epoch = at->second.epoch;
      taken.newest.swap(at->second.newest);
    }
    Message message = to_message(std::move(taken.epoch), taken.newest);
    outcomes_.dropped.Increment(static_cast<double>(taken.newest.size() - message.books));
    return message;
  }

  const milliseconds patience_;
  Outcomes outcomes_;
  std::mutex mutex_;
  std::map<http::Endpoint, Outbox> outboxes_;  ///< of those only to whom something is under way
  http::LoopPool loops_{1};
  http::Client client_;
};

HttpRefresher::HttpRefresher(HttpRefresherOptions options, observe::Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), metrics)) {}
HttpRefresher::~HttpRefresher() = default;

void HttpRefresher::send(const std::string& epoch, Revision as_of, std::vector<Book> books,
                         std::span<const Approval> approvals) {
  impl_->send(epoch, as_of, std::move(books), approvals);
}

}  // namespace bazar::catalog
