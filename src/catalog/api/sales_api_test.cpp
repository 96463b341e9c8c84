#include "catalog/testing/service_fixture.hpp"

namespace bazar::catalog {
namespace {

using SalesApi = RunningCatalog;

std::string order_id(int number) {
  auto digits = std::to_string(number);
  return "0190a1b2-c3d4-7e5f-8a6b-" + std::string(12 - digits.size(), '0') + digits;
}

std::string sale(std::string_view key, int order, std::string_view lines,
                 std::string_view fingerprint = "f") {
  return R"({"key":")" + std::string(key) + R"(","order_id":")" + order_id(order) +
         R"(","name":"Hiba","lines":)" + std::string(lines) + R"(,"fingerprint":")" +
         std::string(fingerprint) + "\"}";
}

std::string sales(std::initializer_list<std::string> list) {
  std::string body = R"({"sales":[)";
  for (const auto& one : list) body += (body.back() == '[' ? "" : ",") + one;
  return body + "]}";
}

TEST_F(SalesApi, every_sale_of_a_batch_has_its_own_outcome) {
  const auto response =
      post("/sales", sales({
                         sale("a", 1, R"([{"book_id":2,"quantity":1}])"),
                         sale("b", 2, R"([{"book_id":3,"quantity":9}])"),
                         sale("c", 3, R"([{"book_id":99,"quantity":1}])"),
                         sale("a", 4, R"([{"book_id":2,"quantity":1}])"),
                         sale("a", 5, R"([{"book_id":2,"quantity":2}])", "other"),
                         sale("d", 6, R"([{"book_id":1,"quantity":2},{"book_id":2,"quantity":3}])"),
                     }));
  ASSERT_EQ(response.status, 200U) << response.body;
  const auto outcomes = json_of(response).at("outcomes");
  ASSERT_EQ(outcomes.as_array().size(), 6U);
  const auto& sold = outcomes.at(0).as_object();
  EXPECT_EQ(sold.at("outcome"), "sold");
  EXPECT_EQ(sold.at("order_id"), order_id(1).c_str());
  EXPECT_EQ(boost::json::serialize(sold.at("lines")),
            boost::json::serialize(boost::json::parse(
                R"([{"book_id":2,"title":"RPCs for Noobs","quantity":1,"price":22.35}])")));
  EXPECT_EQ(boost::json::serialize(outcomes.at(1)),
            R"({"outcome":"out_of_stock","refused":[{"book_id":3,"requested":9,"available":8}]})");
  EXPECT_EQ(outcomes.at(2).at("outcome"), "not_found");
  EXPECT_EQ(outcomes.at(3).at("outcome"), "replayed");
  EXPECT_EQ(outcomes.at(3).at("first").as_object(), sold);
  EXPECT_EQ(boost::json::serialize(outcomes.at(4)), R"({"outcome":"conflict"})");
  EXPECT_EQ(outcomes.at(5).at("lines").as_array().size(), 2U);
  EXPECT_EQ(json_of(get("/books/2")).at("quantity"), 56);
}

TEST_F(SalesApi, a_refusal_is_remembered_also_after_a_restock) {
  const auto wanted = sales({sale("a", 1, R"([{"book_id":3,"quantity":9}])")});
  EXPECT_EQ(json_of(post("/sales", wanted)).at("outcomes").at(0).at("outcome"), "out_of_stock");
  ASSERT_EQ(post("/books/3/stock", R"({"delta":100})", {{"Idempotency-Key", "k"}}).status, 200U);
  const auto again = json_of(post("/sales", wanted)).at("outcomes").at(0);
  EXPECT_EQ(again.at("outcome"), "replayed");
  EXPECT_EQ(again.at("first").at("outcome"), "out_of_stock");
}

TEST_F(SalesApi, a_sale_can_be_looked_up_by_its_order) {
  ASSERT_EQ(post("/sales", sales({sale("a", 1, R"([{"book_id":2,"quantity":2}])")})).status, 200U);
  const auto found = json_of(get("/sales/" + order_id(1)));
  EXPECT_EQ(found.at("order_id"), order_id(1).c_str());
  EXPECT_EQ(found.at("name"), "Hiba");
  EXPECT_EQ(found.at("currency"), "USD");
  EXPECT_EQ(refusal(get("/sales/" + order_id(2))), "404 unknown-sale");
  EXPECT_EQ(refusal(get("/sales/12")), "400 invalid-request order_id");
}

TEST_F(SalesApi, sales_are_listed_until_they_are_reported_as_projected) {
  ASSERT_EQ(post("/sales", sales({sale("a", 1, R"([{"book_id":2,"quantity":1}])"),
                                  sale("b", 2, R"([{"book_id":99,"quantity":1}])"),
                                  sale("c", 3, R"([{"book_id":2,"quantity":1}])")}))
                .status,
            200U);
  const auto listed = json_of(get("/sales?unprojected=1")).at("sales");
  ASSERT_EQ(listed.as_array().size(), 2U);
  EXPECT_EQ(listed.at(0).at("order_id"), order_id(1).c_str());
  EXPECT_EQ(json_of(get("/sales?unprojected=1&limit=1")).at("sales").as_array().size(), 1U);
  ASSERT_EQ(post("/sales", R"({"sales":[],"projected":[")" + order_id(1) + "\"]}").body,
            R"({"outcomes":[]})");
  const auto left = json_of(get("/sales?unprojected=1")).at("sales");
  ASSERT_EQ(left.as_array().size(), 1U);
  EXPECT_EQ(left.at(0).at("order_id"), order_id(3).c_str());
}

TEST_F(SalesApi, malformed_queries_are_400) {
  EXPECT_EQ(refusal(get("/sales")), "400 invalid-request unprojected");
  EXPECT_EQ(refusal(get("/sales?unprojected=yes")), "400 invalid-request unprojected");
  EXPECT_EQ(refusal(get("/sales?unprojected=1&limit=0")), "400 invalid-request limit");
}

TEST_F(SalesApi, one_malformed_sale_refuses_the_whole_call_and_sells_nothing) {
  const auto good = sale("good", 1, R"([{"book_id":2,"quantity":1}])");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {sale("", 2, R"([{"book_id":2,"quantity":1}])"), "sales[1].key"},
      {sale("two words", 2, R"([{"book_id":2,"quantity":1}])"), "sales[1].key"},
      {sale("b", 2, "[]"), "sales[1].lines"},
      {sale("b", 2, R"([{"book_id":2,"quantity":0}])"), "sales[1].lines[0].quantity"},
      {sale("b", 2, R"([{"book_id":2,"quantity":1001}])"), "sales[1].lines[0].quantity"},
      {sale("b", 2, R"([{"book_id":2,"quantity":-1}])"), "sales[1].lines[0].quantity"},
      {sale("b", 2, R"([{"book_id":2,"quantity":1.5}])"), "sales[1].lines[0].quantity"},
      {sale("b", 2, R"([{"book_id":0,"quantity":1}])"), "sales[1].lines[0].book_id"},
      {sale("b", 2, R"([{"book_id":2,"quantity":1},{"book_id":2,"quantity":1}])"),
       "sales[1].lines[1].book_id"},
      {sale("b", 2, R"([{"book_id":2,"quantity":1}])", ""), "sales[1].fingerprint"},
      {R"({"key":"b","order_id":"7","name":"n","lines":[{"book_id":2,"quantity":1}],"fingerprint":"f"})",
       "sales[1].order_id"},
      {R"({"key":"b","order_id":")" + order_id(2) +
           R"(","name":"","lines":[{"book_id":2,"quantity":1}],"fingerprint":"f"})",
       "sales[1].name"},
      {R"({"key":"b"})", "sales[1].order_id"},
  };
  for (const auto& [bad, field] : cases)
    EXPECT_EQ(refusal(post("/sales", sales({good, bad}))), "400 invalid-request " + field) << bad;
  for (const auto* body : {"", "[]", "{}", "null", R"({"sales":5})", R"({"sales":[],"projected":[5]})",
                           R"({"sales":[],"x":1})", R"({"sales":[],"projected":["not-a-uuid"]})"}) {
    EXPECT_EQ(post("/sales", body).status, 400U) << body;
  }
  EXPECT_EQ(json_of(get("/books/2")).at("quantity"), 60);
  EXPECT_EQ(post("/sales", sales({good}), {{"Content-Type", "text/plain"}}).status, 415U);
}

TEST_F(SalesApi, a_call_is_bounded) {
  std::string body = R"({"sales":[)";
  for (int i = 0; i < 2'001; ++i)
    body += (i ? "," : "") + sale("k" + std::to_string(i), i, R"([{"book_id":2,"quantity":1}])");
  EXPECT_EQ(refusal(post("/sales", body + "]}")), "400 invalid-request sales");
  EXPECT_EQ(post("/sales", std::string((8 << 20) + 1, ' ')).status, 413U);
}

}  // namespace
}  // namespace bazar::catalog
