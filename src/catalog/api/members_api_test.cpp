#include "catalog/testing/service_fixture.hpp"

namespace bazar::catalog {
namespace {

class MembersApi : public RunningCatalog {
 protected:
  std::map<std::string, std::string> states() {
    std::map<std::string, std::string> states;
    const auto body = json_of(get("/members"));
    for (const auto& member : body.at("members").as_array()) {
      states[std::string(member.at("role").as_string()) + '/' + std::string(member.at("name").as_string())] =
          std::string(member.at("state").as_string());
    }
    return states;
  }
};

constexpr auto registration = R"({"url":"http://127.0.0.1:8201","incarnation":"one"})";

TEST_F(MembersApi, a_member_registers_renews_and_takes_leave) {
  const auto granted = put("/members/orders/orders-1", registration);
  ASSERT_EQ(granted.status, 200U) << granted.body;
  const auto grant = json_of(granted);
  EXPECT_FALSE(grant.at("epoch").as_string().empty());
  EXPECT_EQ(grant.at("lease_ms"), 2'000);
  EXPECT_EQ(states()["orders/orders-1"], "live");
  EXPECT_EQ(json_of(get("/members/orders/orders-1?incarnation=one")).at("epoch"), grant.at("epoch"));
  EXPECT_EQ(del("/members/orders/orders-1?incarnation=one").status, 204U);
  EXPECT_EQ(refusal(get("/members/orders/orders-1?incarnation=one")), "409 not-live");
  EXPECT_NE(states()["orders/orders-1"], "live");
}

TEST_F(MembersApi, only_the_present_incarnation_is_live) {
  ASSERT_EQ(put("/members/orders/orders-1", registration).status, 200U);
  ASSERT_EQ(put("/members/orders/orders-1", R"({"url":"http://127.0.0.1:8299","incarnation":"two"})").status,
            200U);
  EXPECT_EQ(refusal(get("/members/orders/orders-1?incarnation=one")), "409 not-live");
  EXPECT_EQ(del("/members/orders/orders-1?incarnation=one").status, 204U)
      << "a late farewell of the former one";
  EXPECT_EQ(get("/members/orders/orders-1?incarnation=two").status, 200U);
  EXPECT_EQ(refusal(get("/members/orders/orders-9?incarnation=one")), "409 not-live");
}

TEST_F(MembersApi, an_incarnation_that_was_revoked_cannot_register_again) {
  const std::string first = R"({"url":"http://127.0.0.1:1","incarnation":"one"})";
  const std::string second = R"({"url":"http://127.0.0.1:1","incarnation":"two"})";
  ASSERT_EQ(put("/members/frontend/f1", first).status, 200U);
  ASSERT_EQ(put("/members/frontend/f1", second).status, 200U);
  EXPECT_EQ(refusal(put("/members/frontend/f1", first)), "409 not-live")
      << "it would believe to hold a lease";
  EXPECT_EQ(put("/members/frontend/f1", second).status, 200U) << "the live one may say so again";
}

TEST_F(MembersApi, a_registration_that_comes_after_its_farewell_is_refused) {
  constexpr auto frontend = R"({"url":"http://127.0.0.1:8080","incarnation":"one"})";
  ASSERT_EQ(put("/members/frontend/f1", frontend).status, 200U);
  EXPECT_EQ(put("/members/frontend/f1", frontend).status, 200U) << "sent twice is sent once";
  ASSERT_EQ(del("/members/frontend/f1?incarnation=one").status, 204U);
  EXPECT_EQ(refusal(put("/members/frontend/f1", frontend)), "409 not-live");
  EXPECT_EQ(refusal(get("/members/frontend/f1?incarnation=one")), "409 not-live");
}

TEST_F(MembersApi, the_catalog_itself_is_a_member) {
  // It registers right after its start: asking until then is the point, however long it takes.
  while (states()["catalog/catalog-1"] != "live") {
  }
  const auto members = json_of(get("/members")).at("members");
  const auto& self = members.at(0).as_object();
  EXPECT_EQ(self.at("url"), service_.url().c_str());
}

TEST_F(MembersApi, a_control_address_is_kept_and_stands_for_the_url_where_none_is_named) {
  ASSERT_EQ(put("/members/frontend/f1",
                R"({"url":"http://127.0.0.1:1","control_url":"http://127.0.0.1:2","incarnation":"x"})")
                .status,
            200U);
  ASSERT_EQ(put("/members/orders/o1", registration).status, 200U);
  std::map<std::string, std::string> controls;
  const auto body = json_of(get("/members"));
  for (const auto& member : body.at("members").as_array())
    controls[std::string(member.at("name").as_string())] = member.at("control_url").as_string();
  EXPECT_EQ(controls["f1"], "http://127.0.0.1:2");
  EXPECT_EQ(controls["o1"], "http://127.0.0.1:8201");
}

TEST_F(MembersApi, malformed_registrations_are_400_and_register_nobody) {
  const std::vector<std::pair<std::string, std::string>> bodies = {
      {R"({"url":"nowhere","incarnation":"x"})", "url"},
      {R"({"url":"https://127.0.0.1","incarnation":"x"})", "url"},
      {R"({"url":"http://127.0.0.1:1/path","incarnation":"x"})", "url"},
      {R"({"url":5,"incarnation":"x"})", "url"},
      {R"({"url":"http://)" + std::string(300, 'h') + R"(:1","incarnation":"x"})", "url"},
      {R"({"url":"http://127.0.0.1:1","control_url":"?","incarnation":"x"})", "control_url"},
      {R"({"url":"http://127.0.0.1:1","incarnation":""})", "incarnation"},
      {R"({"url":"http://127.0.0.1:1","incarnation":"two words"})", "incarnation"},
      {R"({"url":"http://127.0.0.1:1"})", "incarnation"},
      {R"({"url":"http://127.0.0.1:1","incarnation":"x","state":"live"})", "state"},
  };
  for (const auto& [body, field] : bodies)
    EXPECT_EQ(refusal(put("/members/orders/o1", body)), "400 invalid-request " + field) << body;
  for (const auto* body : {"", "[]", "{}", "5"})
    EXPECT_EQ(put("/members/orders/o1", body).status, 400U) << body;
  EXPECT_EQ(refusal(put("/members/clerk/o1", registration)), "400 invalid-request role");
  EXPECT_EQ(refusal(put("/members/orders/two%20words", registration)), "400 invalid-request name");
  EXPECT_EQ(refusal(put("/members/orders/" + std::string(101, 'n'), registration)),
            "400 invalid-request name");
  for (const auto* query : {"", "?incarnation=", "?incarnation=two%20words"}) {
    EXPECT_EQ(refusal(get(std::string("/members/orders/o1") + query)), "400 invalid-request incarnation")
        << query;
    EXPECT_EQ(refusal(del(std::string("/members/orders/o1") + query)), "400 invalid-request incarnation")
        << query;
  }
  EXPECT_EQ(refusal(get("/members/clerk/o1?incarnation=x")), "400 invalid-request role");
  EXPECT_EQ(states().count("orders/o1"), 0U);
}

}  // namespace
}  // namespace bazar::catalog
