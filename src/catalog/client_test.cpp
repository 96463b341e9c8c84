#include "catalog/client.hpp"

#include "balancer/upstream.hpp"
#include "catalog/testing/service_fixture.hpp"
#include "json/decode.hpp"

namespace bazar::catalog {
namespace {

const SystemClock system_clock;

SteadyTime soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(20); }

/// The other tiers' way to catalogs at `urls`.
struct Caller {
  explicit Caller(const std::vector<std::string>& urls) {
    std::vector<balancer::Replica> replicas;
    for (const auto& url : urls) replicas.push_back({"catalog-" + std::to_string(replicas.size() + 1), url});
    upstream.set_replicas(std::move(replicas));
  }
  template <class T>
  T run(Task<T> task) {
    return run_on(loop, std::move(task));
  }

  Loop loop{1};
  observe::Metrics metrics;
  http::Client http{loop, {}};
  balancer::Upstream upstream{loop, http, {.service = "catalog"}, metrics, system_clock};
  Client client{upstream};
};

class CatalogClient : public RunningCatalog {
 protected:
  Caller caller_{{service_.url()}};
  Client& client_ = caller_.client;
};

Book decoded(const EncodedBook& book) { return json::decode<Book>(book.json, book.format).value(); }

OrderId order(std::uint8_t number) {
  OrderId id;
  id.bytes.fill(number);
  return id;
}

TEST_F(CatalogClient, reads_a_batch_with_its_snapshot) {
  const auto from = caller_.run(client_.books({BookId{2}, BookId{99}}, soon(), {}));
  ASSERT_EQ(from.snapshot.value.books.size(), 1U);
  EXPECT_EQ(decoded(from.snapshot.value.books[0]).price, Money{2235});
  EXPECT_EQ(from.snapshot.value.missing, std::vector{BookId{99}});
  EXPECT_GE(from.snapshot.as_of, from.snapshot.value.books[0].version);
  EXPECT_FALSE(from.snapshot.epoch.empty());
  EXPECT_EQ(from.replica, "catalog-1");
}

TEST_F(CatalogClient, splits_a_batch_that_no_request_line_could_hold) {
  std::vector<BookId> ids;
  for (int i = 0; i < 1'500; ++i) ids.push_back(BookId{BookId::max - i});
  ids.push_back(BookId{7});
  const auto from = caller_.run(client_.books(ids, soon(), {}));
  EXPECT_EQ(from.snapshot.value.missing.size(), 1'500U);
  EXPECT_EQ(from.snapshot.value.books.size(), 1U);
}

TEST_F(CatalogClient, reads_a_topic_by_pages) {
  const auto first = caller_.run(client_.by_topic("new", BookId{0}, 2, soon(), {})).snapshot.value;
  ASSERT_TRUE(first && first->next);
  const auto second =
      caller_.run(client_.by_topic("new", parse_book_id(*first->next).value(), 2, soon(), {})).snapshot.value;
  ASSERT_TRUE(second);
  EXPECT_EQ(first->items.size() + second->items.size(), 3U);
  EXPECT_FALSE(second->next);
}

TEST_F(CatalogClient, an_unknown_topic_is_an_answer_with_a_snapshot) {
  const auto from = caller_.run(client_.by_topic("a/b?c=d&e#f \xc3\xa9", BookId{0}, 10, soon(), {}));
  EXPECT_FALSE(from.snapshot.value);
  EXPECT_GT(from.snapshot.as_of, 0);
}

TEST_F(CatalogClient, sells_and_finds_the_sale_again) {
  const SaleRequest wish{"k1", order(1), "Hiba", {{BookId{2}, 2}}, "f"};
  const SaleRequest too_much{"k2", order(2), "Hiba", {{BookId{3}, 9}}, "f"};
  const auto outcomes = caller_.run(client_.sell({wish, too_much}, {}, soon()));
  ASSERT_EQ(outcomes.size(), 2U);
  ASSERT_TRUE(outcomes[0].sale);
  EXPECT_EQ(outcomes[0].sale->key, "k1");
  EXPECT_EQ(outcomes[1].refused, (std::vector<RefusedLine>{{BookId{3}, 9, 8}}));
  EXPECT_EQ(caller_.run(client_.sale(order(1), soon())), outcomes[0].sale);
  EXPECT_EQ(caller_.run(client_.sale(order(2), soon())), std::nullopt);
  const auto again = caller_.run(client_.sell({wish}, {}, soon()));
  EXPECT_TRUE(again.at(0).replayed);
  EXPECT_EQ(again.at(0).sale, outcomes[0].sale);
  EXPECT_EQ(caller_.run(client_.unprojected_sales(10, soon())).size(), 1U);
  EXPECT_TRUE(caller_.run(client_.sell({}, {order(1)}, soon())).empty());
  EXPECT_TRUE(caller_.run(client_.unprojected_sales(10, soon())).empty());
}

TEST_F(CatalogClient, enrols_renews_and_retires_a_member) {
  const Member member{Role::orders, "orders-1", "http://127.0.0.1:8201", "", "one", MemberState::live};
  const auto grant = caller_.run(client_.enroll(member, soon()));
  ASSERT_TRUE(grant);
  EXPECT_FALSE(grant->epoch.empty());
  EXPECT_TRUE(caller_.run(client_.renew(member, soon())));
  const auto members = caller_.run(client_.members(soon()));
  EXPECT_TRUE(std::ranges::any_of(
      members, [](const Member& m) { return m.name == "orders-1" && m.control_url == m.url; }));
  run_on(caller_.loop, client_.retire(member, soon()));
  EXPECT_FALSE(caller_.run(client_.renew(member, soon())));
}

TEST_F(CatalogClient, an_incarnation_that_has_gone_is_not_enrolled_again) {
  const Member member{Role::frontend, "frontend-1", "http://127.0.0.1:8080", "", "one", MemberState::live};
  ASSERT_TRUE(caller_.run(client_.enroll(member, soon())));
  run_on(caller_.loop, client_.retire(member, soon()));
  EXPECT_FALSE(caller_.run(client_.enroll(member, soon())));
}

TEST_F(CatalogClient, fails_over_to_a_replica_that_is_there) {
  Caller caller({dead_url(), service_.url()});
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(caller.run(caller.client.books({BookId{2}}, soon(), {})).replica, "catalog-2");
  }
}

TEST_F(CatalogClient, a_yen_store_reads_without_decimals) {
  TemporaryFolder folder;
  auto yen = options(folder.path());
  yen.currency = find_currency("JPY").value();
  Service service(yen);
  service.start();
  Caller caller({service.url()});
  const auto from = caller.run(caller.client.books({BookId{1}}, soon(), {}));
  const auto& books = from.snapshot.value.books;
  ASSERT_EQ(books.size(), 1U);
  EXPECT_EQ(decoded(books[0]).price, Money{100});
  EXPECT_EQ(decoded(books[0]).currency, "JPY");
}

/// What a broken or older catalog might answer.
class OddAnswer : public testing::TestWithParam<std::string> {};

TEST_P(OddAnswer, is_an_outage_and_never_taken_for_a_book) {
  OneRouteServer server(http::Method::get, "/books", [body = GetParam()](http::Request&) {
    return [](std::string text) -> Task<http::Response> {
      co_return http::json_response(200, text).set("Bazar-As-Of", "5").set("Bazar-Epoch", "e");
    }(body);
  });
  Caller caller({server.url()});
  EXPECT_THROW(caller.run(caller.client.books({BookId{2}}, soon(), {})), Unavailable);
}
INSTANTIATE_TEST_SUITE_P(Catalog, OddAnswer,
                         testing::Values("", "[]", "{}", R"({"books":[]})", R"({"books":[5],"missing":[]})"));

TEST(CatalogClientAlone, an_answer_without_its_snapshot_is_an_outage) {
  OneRouteServer server(http::Method::get, "/books", [](http::Request&) {
    return []() -> Task<http::Response> {
      co_return http::json_response(200, R"({"books":[],"missing":[2]})");
    }();
  });
  Caller caller({server.url()});
  EXPECT_THROW(caller.run(caller.client.books({BookId{2}}, soon(), {})), Unavailable);
}

}  // namespace
}  // namespace bazar::catalog
