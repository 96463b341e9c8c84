#include "catalog/testing/service_fixture.hpp"

namespace bazar::catalog {
namespace {

using BookReadsApi = RunningCatalog;

TEST_F(BookReadsApi, a_topic_lists_ids_and_titles_in_order_of_id) {
  const auto response = get("/books?topic=distributed%20systems");
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.body, R"({"topic":"distributed systems","books":[)"
                           R"({"id":1,"title":"How to get a good grade in DOS in 40 minutes a day"},)"
                           R"({"id":2,"title":"RPCs for Noobs"}],"next":null})");
}

TEST_F(BookReadsApi, a_read_says_from_which_snapshot_and_by_whom) {
  for (const auto* target : {"/books?topic=new", "/books", "/books/2", "/books?ids=1,9", "/books?q=rpcs",
                             "/topics", "/books/999", "/books?topic=none"}) {
    const auto response = get(target);
    EXPECT_GT(std::stoll(std::string(response.header("Bazar-As-Of").value_or("-1"))), 0) << target;
    EXPECT_FALSE(response.header("Bazar-Epoch").value_or("").empty()) << target;
    EXPECT_EQ(response.header("X-Served-By"), "catalog-1") << target;
    EXPECT_EQ(response.header("Bazar-Currency"), "USD") << target;
  }
}

TEST_F(BookReadsApi, a_refusal_says_by_whom_too) {
  for (const auto* target : {"/none", "/books/%ff", "/books?limit=0"}) {
    EXPECT_EQ(get(target).header("X-Served-By"), "catalog-1") << target;
  }
}

TEST_F(BookReadsApi, pages_follow_each_other_without_gap_or_overlap) {
  std::vector<std::int64_t> ids;
  std::string after;
  for (int pages = 0; pages < 10; ++pages) {
    const auto body = json_of(get("/books?limit=3" + after));
    for (const auto& book : body.at("books").as_array()) ids.push_back(book.at("id").as_int64());
    if (body.at("next").is_null()) break;
    after = "&after=" + std::string(body.at("next").as_string());
  }
  EXPECT_EQ(ids, (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7}));
}

TEST_F(BookReadsApi, full_lists_carry_whole_books) {
  const auto list = json_of(get("/books?topic=new&full=1"));
  const auto& first = list.at("books").at(0);
  EXPECT_EQ(boost::json::serialize(first), boost::json::serialize(boost::json::parse(book(5))));
}

TEST_F(BookReadsApi, a_book_is_shown_as_the_contract_says_with_its_version_as_tag) {
  const auto response = get("/books/2");
  const auto shown = json_of(response);
  const auto version = std::to_string(shown.at("version").as_int64());
  EXPECT_EQ(response.body, R"({"id":2,"title":"RPCs for Noobs","topic":"distributed systems","price":22.35,)"
                           R"("currency":"USD","quantity":60,"version":)" +
                               version + "}");
  EXPECT_EQ(response.header("ETag"), '"' + version + '"');
  const auto unchanged = get("/books/2", {{"If-None-Match", '"' + version + '"'}});
  EXPECT_EQ(unchanged.status, 304U);
  EXPECT_TRUE(unchanged.body.empty());
  EXPECT_EQ(get("/books/2", {{"If-None-Match", "\"0\""}}).status, 200U);
}

TEST_F(BookReadsApi, a_batch_comes_in_the_order_asked_for_each_book_once_and_names_what_is_missing) {
  const auto body = json_of(get("/books?ids=7,99,2,7,98"));
  ASSERT_EQ(body.at("books").as_array().size(), 2U);
  EXPECT_EQ(body.at("books").at(0).at("id"), 7);
  EXPECT_EQ(body.at("books").at(1).at("id"), 2);
  EXPECT_EQ(boost::json::serialize(body.at("missing")), "[99,98]");
}

TEST_F(BookReadsApi, words_find_books) {
  const auto body = json_of(get("/books?q=undergrad%20cooking&full=1"));
  ASSERT_EQ(body.at("books").as_array().size(), 1U);
  EXPECT_EQ(body.at("books").at(0).at("id"), 4);
  EXPECT_EQ(body.at("total"), 1);
  EXPECT_EQ(json_of(get("/books?q=nothing+like+it")).at("total"), 0);
}

TEST_F(BookReadsApi, topics_are_counted) {
  const auto topics = json_of(get("/topics")).at("topics");
  std::map<std::string, std::int64_t> counts;
  for (const auto& topic : topics.as_array())
    counts[std::string(topic.at("topic").as_string())] = topic.at("books").as_int64();
  EXPECT_EQ(counts, (std::map<std::string, std::int64_t>{
                        {"distributed systems", 2}, {"new", 3}, {"undergraduate school", 2}}));
}

TEST_F(BookReadsApi, what_is_not_there_is_404) {
  EXPECT_EQ(refusal(get("/books/999")), "404 unknown-book");
  EXPECT_EQ(refusal(get("/books?topic=New")), "404 unknown-topic");
  EXPECT_EQ(get("/nowhere").status, 404U);
}

TEST_F(BookReadsApi, malformed_parameters_are_400_with_the_field_named) {
  const std::map<std::string, std::string> cases = {
      {"/books/abc", "id"},
      {"/books/0", "id"},
      {"/books/-1", "id"},
      {"/books/02", "id"},
      {"/books/9007199254740992", "id"},
      {"/books/1e3", "id"},
      {"/books?ids=", "ids"},
      {"/books?ids=1,,2", "ids"},
      {"/books?ids=1,2,", "ids"},
      {"/books?ids=one", "ids"},
      {"/books?ids=1;2", "ids"},
      {"/books?topic=", "topic"},
      {"/books?topic=" + std::string(513, 't'), "topic"},
      {"/books?q=", "q"},
      {"/books?q=" + std::string(513, 'q'), "q"},
      {"/books?limit=0", "limit"},
      {"/books?limit=1001", "limit"},
      {"/books?limit=-5", "limit"},
      {"/books?limit=ten", "limit"},
      {"/books?limit=", "limit"},
      {"/books?after=x", "after"},
      {"/books?after=-1", "after"},
      {"/books?full=yes", "full"},
      {"/books?topic=new&limit=1001", "limit"},
      {"/books?topic=new&full=2", "full"},
      {"/books?q=a&limit=0", "limit"},
      {"/books?q=rpcs&full=x", "full"},
      {"/books?topic=new&ids=1", "topic"},
      {"/books?q=a&ids=1", "q"},
  };
  for (const auto& [target, field] : cases)
    EXPECT_EQ(refusal(get(target)), "400 invalid-request " + field) << target;
  EXPECT_EQ(get("/books?q=rpcs&after=no-such-cursor").status, 400U);
  EXPECT_EQ(get("/books?topic=%ff").status, 400U);
  EXPECT_EQ(get("/books?topic=a%0Ab").status, 400U);
  EXPECT_EQ(get("/books?topic=new&colour=red").status, 200U) << "unknown parameters are ignored";
}

TEST_F(BookReadsApi, a_thousand_ids_are_a_batch_and_one_more_is_too_many) {
  std::string ids = "1";
  for (int i = 2; i <= 1000; ++i) ids += ',' + std::to_string(i);
  EXPECT_EQ(json_of(get("/books?ids=" + ids)).at("missing").as_array().size(), 993U);
  EXPECT_EQ(refusal(get("/books?ids=" + ids + ",1001")), "400 invalid-request ids");
}

TEST_F(BookReadsApi, head_answers_as_get_without_a_body) {
  const auto response = catalog_.send(http::Method::head, "/books/2");
  EXPECT_EQ(response.status, 200U);
  EXPECT_TRUE(response.body.empty());
  EXPECT_TRUE(response.header("ETag"));
}

TEST_F(BookReadsApi, a_wrong_method_is_405_with_the_right_ones_named) {
  const auto response = del("/topics");
  EXPECT_EQ(response.status, 405U);
  EXPECT_NE(response.header("Allow").value_or("").find("GET"), std::string_view::npos);
}

TEST_F(BookReadsApi, a_wrong_token_is_refused_even_from_this_machine) {
  HttpProbe impostor(service_.url(), "some other token");
  for (const auto* target : {"/books/2", "/topics", "/sales?unprojected=1", "/members"}) {
    const auto response = impostor.get(target);
    EXPECT_EQ(response.status, 401U) << target;
    EXPECT_EQ(response.header("X-Served-By"), "catalog-1") << target;
  }
  HttpProbe colleague(service_.url(), "the service token");
  EXPECT_EQ(colleague.get("/books/2").status, 200U);
}

TEST_F(BookReadsApi, it_is_alive_and_ready) {
  EXPECT_EQ(get("/healthz").status, 200U);
  EXPECT_EQ(get("/readyz").status, 200U);
  EXPECT_EQ(get("/metrics").status, 200U);
}

}  // namespace
}  // namespace bazar::catalog
