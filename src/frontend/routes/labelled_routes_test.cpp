#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "frontend/testing/fake_store.hpp"

namespace bazar::frontend {
namespace {

using testing::book_2;
using ::testing::HasSubstr;
using testing::header;
using ::testing::Not;
using ::testing::StartsWith;

http::Response of_epoch(http::Response response, std::string epoch) {
  response.set("Bazar-As-Of", "17");
  response.set("Bazar-Epoch", std::move(epoch));
  return response;
}

constexpr std::array lookups{"/info/2", "/search/distributed%20systems",
                             "/search/distributed%20systems?limit=7"};
constexpr std::array lists{"/info", "/info/all", "/search?q=rpc", "/topics"};
constexpr auto notice = "As of revision 17, from a copy of the store";

/// A catalog whose database has a primary or not, as a test says.
class LabelledRoutes : public ::testing::Test {
 protected:
  http::Response answer(const testing::Seen& seen) const {
    const std::string epoch = primary_ ? "e" : "standby";
    if (seen.target.find("ids=2") != std::string::npos) {
      return of_epoch(http::json_response(200, std::string(R"({"books":[)") + book_2 + R"(],"missing":[]})"),
                      epoch);
    }
    if (seen.target.find("ids=") != std::string::npos)
      return of_epoch(http::json_response(200, R"({"books":[],"missing":[99]})"), epoch);
    if (seen.target == "/topics") {
      return of_epoch(http::json_response(200, R"({"topics":[{"topic":"distributed systems","books":1}]})"),
                      epoch);
    }
    return of_epoch(http::json_response(200, std::string(R"({"topic":"distributed systems","books":[)") +
                                                 book_2 + R"(],"next":null,"total":1})"),
                    epoch);
  }

  http::ClientResponse without_stale(std::string target) {
    return shop_.send(http::Method::get, std::move(target), "", {{"Cache-Control", "no-cache"}});
  }

  std::atomic<bool> primary_ = false;
  testing::FakeTier catalog_{testing::with_members(
      {{http::Method::get, "/books", [this](const testing::Seen& seen) { return answer(seen); }},
       {http::Method::get, "/topics", [this](const testing::Seen& seen) { return answer(seen); }}},
      "")};
  testing::Shop shop_ = testing::Shop(testing::options_for(catalog_.url()));
};

TEST_F(LabelledRoutes, what_a_standby_answers_bears_its_revision_and_is_kept_by_nobody) {
  for (const auto* target : lookups) {
    const auto labelled = shop_.get(target);
    EXPECT_EQ(labelled.status, 200U) << target;
    EXPECT_EQ(header(labelled, "Bazar-As-Of"), "17") << target;
    EXPECT_EQ(header(labelled, "Cache-Control"), "no-store") << target;
    EXPECT_EQ(header(labelled, "ETag"), "(none)") << target;
    EXPECT_THAT(header(labelled, "Cache-Status"), Not(HasSubstr("hit"))) << target;
    EXPECT_EQ(header(shop_.get(target), "Bazar-As-Of"), "17") << target;
  }
  EXPECT_EQ(shop_.get("/info/2").body, book_2);
  EXPECT_EQ(header(shop_.get("/info/99"), "Bazar-As-Of"), "17");
}

TEST_F(LabelledRoutes, lists_bear_the_same_label) {
  for (const auto* target : lists) {
    const auto labelled = shop_.get(target);
    EXPECT_EQ(labelled.status, 200U) << target;
    EXPECT_EQ(header(labelled, "Bazar-As-Of"), "17") << target;
    EXPECT_EQ(header(labelled, "Cache-Control"), "no-store") << target;
    EXPECT_EQ(header(labelled, "ETag"), "(none)") << target;
  }
  const auto home = shop_.get("/", "text/html");
  EXPECT_EQ(header(home, "Bazar-As-Of"), "17");
  EXPECT_EQ(header(home, "Cache-Control"), "no-store");
  EXPECT_EQ(header(home, "ETag"), "(none)");
  EXPECT_EQ(header(shop_.get("/"), "Bazar-As-Of"), "(none)") << "links are of no standby";
}

TEST_F(LabelledRoutes, people_are_told_on_the_page) {
  std::vector<std::string> targets{"/", "/info/99"};
  targets.insert(targets.end(), lookups.begin(), lookups.end());
  targets.insert(targets.end(), lists.begin(), lists.end());
  for (const std::string& target : targets) {
    EXPECT_THAT(shop_.get(target, "text/html").body, HasSubstr(notice)) << target;
    EXPECT_THAT(shop_.get(target, "text/plain").body, StartsWith(notice)) << target;
  }
}

TEST_F(LabelledRoutes, a_client_that_takes_nothing_old_is_asked_to_come_again) {
  for (const auto* target :
       {"/info/2", "/info/99", "/search/distributed%20systems", "/search/distributed%20systems?limit=7"}) {
    const auto refused = without_stale(target);
    EXPECT_EQ(refused.status, 503U) << target;
    EXPECT_NE(header(refused, "Retry-After"), "(none)") << target;
  }
}

TEST_F(LabelledRoutes, with_a_primary_answers_are_strict_again) {
  shop_.wait_until_ready();
  EXPECT_EQ(header(shop_.get("/info/2"), "Bazar-As-Of"), "17");
  primary_ = true;
  const auto strict = shop_.get("/info/2");
  EXPECT_EQ(header(strict, "Bazar-As-Of"), "(none)");
  EXPECT_EQ(header(strict, "Cache-Status"), "bazar; fwd=miss");
  EXPECT_EQ(header(strict, "ETag"), "\"17\"");
  for (const auto* target : {"/info/2", "/info", "/search?q=rpc", "/topics", "/"}) {
    const auto page = shop_.get(target, "text/html");
    EXPECT_EQ(header(page, "Bazar-As-Of"), "(none)") << target;
    EXPECT_EQ(header(page, "Cache-Control"), "no-cache") << target;
    EXPECT_THAT(page.body, Not(HasSubstr(notice))) << target;
  }
  primary_ = false;
  EXPECT_EQ(header(without_stale("/info/2"), "Cache-Status"), "bazar; hit")
      << "under its lease a hit is strict";
}

}  // namespace
}  // namespace bazar::frontend
