#include "catalog/coherence/http_refresher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>

#include "catalog/testing/test_support.hpp"
#include "catalog/wire.hpp"
#include "json/decode.hpp"

namespace bazar::catalog {
namespace {

using testing::ElementsAre;

constexpr milliseconds generous{20'000};

/// `2@17=5`: book 2, as of revision 17, five in stock.
std::string to_text(const Refresh& refresh) {
  std::string text = refresh.epoch + ':';
  for (const RefreshedBook& refreshed : refresh.books) {
    text += ' ' + std::to_string(refreshed.book.id.value) + '@' + std::to_string(refreshed.as_of) + '=' +
            std::to_string(refreshed.book.quantity);
  }
  return text;
}

Task<http::Response> answer(unsigned status) { co_return http::text_response(status, ""); }

/// A front-end that notes what it is sent. Where told to, it holds its answers back until `release`.
class FakeFrontend {
 public:
  explicit FakeFrontend(unsigned status = 204, bool holds = false) : status_(status), holds_(holds) {}

  [[nodiscard]] Member member() const {
    return {Role::frontend, "frontend", "http://127.0.0.1:1", server_.url(), "i", MemberState::live};
  }

  /// What came so far, at least `count` messages. Fewer where they do not come.
  std::vector<std::string> heard(std::size_t count) {
    std::unique_lock hold(mutex_);
    changed_.wait_for(hold, generous, [&] { return heard_.size() >= count; });
    return heard_;
  }
  std::string authorization() {
    const std::lock_guard hold(mutex_);
    return authorization_;
  }
  void release() {
    const std::lock_guard hold(mutex_);
    holds_ = false;
    changed_.notify_all();
  }

 private:
  /// On the server's thread, which serves nothing else: it may block.
  Task<http::Response> listen(http::Request& request) {
    const auto code = request.header(wire::currency_header).value_or("");
    const auto currency = find_currency(code);
    const auto body = json::decode<Refresh>(
        request.body, {.money_decimals = currency ? currency->decimals : Currency{}.decimals});
    std::unique_lock hold(mutex_);
    heard_.push_back(body ? to_text(*body) : body.error().field + ' ' + body.error().detail);
    authorization_ = request.header("Authorization").value_or("none");
    if (body) prices_.push_back(body->books.front().book.price);
    changed_.notify_all();
    changed_.wait_for(hold, generous, [this] { return !holds_; });
    return answer(status_);
  }

 public:
  std::vector<Money> prices() {
    const std::lock_guard hold(mutex_);
    return prices_;
  }

 private:
  const unsigned status_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool holds_;
  std::vector<std::string> heard_;
  std::vector<Money> prices_;
  std::string authorization_;
  OneRouteServer server_{http::Method::post, "/refresh",
                         [this](http::Request& request) { return listen(request); }};
};

Book book(std::int64_t id, std::int64_t quantity = 5) {
  Book made;
  made.id = BookId{id};
  made.title = "Title";
  made.topic = "topic";
  made.price = Money{2'235};
  made.currency = "USD";
  made.quantity = quantity;
  return made;
}

std::vector<BookId> ids_of(const std::vector<Book>& books) {
  std::vector<BookId> ids;
  for (const Book& book : books) ids.push_back(book.id);
  return ids;
}

class HttpRefresherTest : public testing::Test {
 protected:
  double counted(const std::string& outcome) {
    const std::string text = metrics_.expose();
    const std::string line = "bazar_refreshes_total{outcome=\"" + outcome + "\"} ";
    const auto at = text.find(line);
    return at == std::string::npos ? -1 : std::stod(text.substr(at + line.size()));
  }
  /// For what is counted after an answer has come.
  bool becomes(const std::string& outcome, double count) {
    const auto give_up = std::chrono::steady_clock::now() + generous;
    while (counted(outcome) != count && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
    return counted(outcome) == count;
  }
  /// To front-ends that cache all of them.
  void send(const std::string& epoch, Revision as_of, std::vector<Book> books,
            const std::vector<Member>& frontends) {
    std::vector<Approval> approvals;
    for (const Member& frontend : frontends) approvals.push_back({frontend, ids_of(books)});
    refresher_.send(epoch, as_of, std::move(books), approvals);
  }
  void send(Revision as_of, std::vector<Book> books, const FakeFrontend& to) {
    send("epoch", as_of, std::move(books), {to.member()});
  }

  observe::Metrics metrics_;
  HttpRefresher refresher_{{.service_token = "secret", .patience = generous}, metrics_};
};

TEST_F(HttpRefresherTest, every_front_end_is_sent_the_books_with_the_service_token) {
  FakeFrontend one;
  FakeFrontend two;
  const std::vector members{one.member(), two.member()};
  send("epoch", 17, {book(2), book(7, 0)}, members);
  EXPECT_THAT(one.heard(1), ElementsAre("epoch: 2@17=5 7@17=0"));
  EXPECT_THAT(two.heard(1), ElementsAre("epoch: 2@17=5 7@17=0"));
  EXPECT_EQ(one.authorization(), "Bearer secret");
  EXPECT_TRUE(becomes("sent", 4));
}

TEST_F(HttpRefresherTest, each_front_end_is_sent_what_it_caches) {
  FakeFrontend one;
  FakeFrontend two;
  FakeFrontend none;
  const std::vector<Approval> approvals{
      {one.member(), {BookId{7}, BookId{2}, BookId{9}}}, {two.member(), {BookId{3}}}, {none.member(), {}}};
  refresher_.send("epoch", 17, {book(2), book(3), book(4), book(7)}, approvals);
  send(18, {book(1)}, none);
  EXPECT_THAT(one.heard(1), ElementsAre("epoch: 2@17=5 7@17=5"));
  EXPECT_THAT(two.heard(1), ElementsAre("epoch: 3@17=5"));
  EXPECT_THAT(none.heard(1), ElementsAre("epoch: 1@18=5"));
}

TEST_F(HttpRefresherTest, a_price_arrives_as_it_is_in_a_currency_without_decimals) {
  FakeFrontend frontend;
  Book yen = book(2);
  yen.currency = "JPY";
  yen.price = Money{700};
  send(17, {yen}, frontend);
  frontend.heard(1);
  EXPECT_THAT(frontend.prices(), ElementsAre(Money{700}));
}

TEST_F(HttpRefresherTest, while_a_front_end_is_slow_only_the_newest_value_of_each_book_waits) {
  FakeFrontend slow(204, true);
  send(1, {book(2, 9)}, slow);
  slow.heard(1);
  send(2, {book(2, 8), book(3, 1)}, slow);
  send(3, {book(2, 7)}, slow);
  slow.release();
  EXPECT_THAT(slow.heard(2), ElementsAre("epoch: 2@1=9", "epoch: 2@3=7 3@2=1"));
  EXPECT_TRUE(becomes("superseded", 1));
  EXPECT_TRUE(becomes("sent", 3));
}

TEST_F(HttpRefresherTest, what_waits_for_a_slow_front_end_is_bounded) {
  FakeFrontend slow(204, true);
  send(1, {book(1'000)}, slow);
  slow.heard(1);
  for (std::int64_t id = 1; id <= static_cast<std::int64_t>(Refresh::max_books) + 3; ++id)
    send(id, {book(id)}, slow);
  slow.release();
  EXPECT_THAT(slow.heard(2), ElementsAre("epoch: 1000@1=5", "epoch: 101@101=5 102@102=5 103@103=5"));
  EXPECT_TRUE(becomes("dropped", static_cast<double>(Refresh::max_books)));
}

TEST_F(HttpRefresherTest, a_slow_front_end_does_not_hold_up_another) {
  FakeFrontend slow(204, true);
  FakeFrontend quick;
  const std::vector members{slow.member(), quick.member()};
  for (Revision revision = 1; revision <= 3; ++revision) {
    send("epoch", revision, {book(2)}, members);
    EXPECT_EQ(quick.heard(static_cast<std::size_t>(revision)).size(), static_cast<std::size_t>(revision));
  }
  EXPECT_EQ(slow.heard(1).size(), 1U);
  slow.release();
}

TEST_F(HttpRefresherTest, a_batch_of_very_many_books_is_not_sent) {
  FakeFrontend frontend;
  std::vector<Book> many;
  for (std::size_t i = 0; i <= Refresh::max_books; ++i)
    many.push_back(book(static_cast<std::int64_t>(i) + 1));
  send(17, many, frontend);
  EXPECT_TRUE(becomes("dropped", static_cast<double>(many.size())));
  many.pop_back();
  send(18, many, frontend);
  EXPECT_EQ(frontend.heard(1).size(), 1U);
  EXPECT_TRUE(becomes("sent", static_cast<double>(many.size())));
}

TEST_F(HttpRefresherTest, a_message_is_bounded_in_bytes) {
  FakeFrontend frontend;
  std::vector<Book> long_ones;
  for (int i = 0; i < 40; ++i) {
    long_ones.push_back(book(i + 1));
    long_ones.back().description = std::string(max_description_bytes, 'x');
  }
  send(17, long_ones, frontend);
  EXPECT_THAT(frontend.heard(1), ElementsAre(testing::StartsWith("epoch: 1@17=5")));
  EXPECT_TRUE(becomes("sent", 15));
  EXPECT_TRUE(becomes("dropped", 25));
}

TEST_F(HttpRefresherTest, a_front_end_that_refuses_or_is_not_there_costs_only_its_own_refresh) {
  FakeFrontend refusing(401);
  FakeFrontend good;
  const std::vector members{Member{Role::frontend, "dead", "", dead_url(), "x", MemberState::live},
                            Member{Role::frontend, "odd", "", "nowhere", "x", MemberState::live},
                            refusing.member(), good.member()};
  for (Revision revision = 1; revision <= 3; ++revision) {
    send("epoch", revision, {book(2)}, members);
    good.heard(static_cast<std::size_t>(revision));
  }
  EXPECT_TRUE(becomes("sent", 3));
  EXPECT_GE(refusing.heard(1).size(), 1U);
}

TEST_F(HttpRefresherTest, a_new_epoch_forgets_what_waits_of_the_former) {
  FakeFrontend slow(204, true);
  const std::vector members{slow.member()};
  send("one", 17, {book(2)}, members);
  slow.heard(1);
  send("one", 18, {book(3)}, members);
  send("two", 1, {book(4)}, members);
  slow.release();
  EXPECT_THAT(slow.heard(2), ElementsAre("one: 2@17=5", "two: 4@1=5"));
}

TEST_F(HttpRefresherTest, nothing_to_say_and_nobody_to_tell_is_nothing_done) {
  FakeFrontend frontend;
  send(17, {}, frontend);
  send("epoch", 17, {book(2)}, {});
  send(18, {book(2)}, frontend);
  EXPECT_THAT(frontend.heard(1), ElementsAre("epoch: 2@18=5"));
}

TEST(HttpRefresher, can_be_destroyed_while_a_front_end_hangs) {
  FakeFrontend hanging(204, true);
  observe::Metrics metrics;
  {
    HttpRefresher refresher({.patience = generous}, metrics);
    const std::vector<Approval> approvals{{hanging.member(), {BookId{2}}}};
    refresher.send("epoch", 17, {book(2)}, approvals);
    hanging.heard(1);
    refresher.send("epoch", 18, {book(2)}, approvals);
  }
  hanging.release();
}

}  // namespace
}  // namespace bazar::catalog
