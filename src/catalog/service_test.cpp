#include "catalog/service.hpp"

#include "catalog/testing/service_fixture.hpp"

namespace bazar::catalog {
namespace {

ServiceOptions options(const std::string& directory, bool demo_books = false) {
  return {
      .name = "catalog-1", .database = "sqlite:" + directory, .service_token = {}, .demo_books = demo_books};
}

TEST(CatalogService, refuses_a_database_that_it_cannot_open_with_the_reason) {
  const auto reason = [](std::string database) -> std::string {
    try {
      ServiceOptions refused = options("");
      refused.database = std::move(database);
      Service service(refused);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "none";
  };
  EXPECT_NE(reason("postgresql://u:secret@127.0.0.1:1/bazar").find("127.0.0.1:1"), std::string::npos);
  EXPECT_EQ(reason("postgresql://u:secret@127.0.0.1:1/bazar").find("secret"), std::string::npos);
  EXPECT_NE(reason("").find("sqlite:DIR"), std::string::npos);
  EXPECT_NE(reason("sqlite:").find("sqlite:DIR"), std::string::npos);
  EXPECT_NE(reason("/some/path").find("sqlite:DIR"), std::string::npos);
  EXPECT_NE(reason("sqlite:/dev/null/folder"), "none");
}

TEST(CatalogService, refuses_a_port_that_is_taken) {
  const TemporaryFolder folder;
  Service first(options(folder.path()));
  auto second = options(folder.path());
  second.port = http::parse_endpoint(first.url())->port;
  EXPECT_THROW(Service{second}, std::system_error);
}

TEST(CatalogService, has_the_demo_books_only_if_asked) {
  const TemporaryFolder folder;
  Service service(options(folder.path()));
  service.start();
  HttpProbe catalog(service.url());
  EXPECT_EQ(json_of(catalog.get("/books")).at("books").as_array().size(), 0U);
}

TEST(CatalogService, demo_books_that_were_removed_do_not_come_back) {
  const TemporaryFolder folder;
  for (int run = 0; run < 2; ++run) {
    Service service(options(folder.path(), true));
    service.start();
    HttpProbe catalog(service.url());
    EXPECT_EQ(json_of(catalog.get("/books")).at("books").as_array().size(), run == 0 ? 7U : 0U);
    for (int id = 1; id <= 7 && run == 0; ++id) {
      EXPECT_EQ(catalog.send(http::Method::del, "/books/" + std::to_string(id)).status, 204U);
    }
  }
}

TEST(CatalogService, demo_books_do_not_mix_with_a_catalog_that_has_its_own) {
  const TemporaryFolder folder;
  {
    Service service(options(folder.path()));
    service.start();
    HttpProbe catalog(service.url());
    EXPECT_EQ(
        catalog.send(http::Method::post, "/books", R"({"title":"T","topic":"t","price":1,"quantity":1})")
            .status,
        201U);
  }
  Service service(options(folder.path(), true));
  service.start();
  HttpProbe catalog(service.url());
  EXPECT_EQ(json_of(catalog.get("/books")).at("books").as_array().size(), 1U);
}

TEST(CatalogService, two_on_one_file_show_each_other_their_writes_and_add_the_demo_stock_once) {
  const TemporaryFolder folder;
  auto other = options(folder.path(), true);
  other.name = "catalog-2";
  Service one(options(folder.path(), true));
  Service two(other);
  one.start();
  two.start();
  HttpProbe first(one.url());
  HttpProbe second(two.url());
  EXPECT_EQ(json_of(second.get("/books")).at("books").as_array().size(), 7U);
  EXPECT_EQ(first.send(http::Method::patch, "/books/2", R"({"quantity":1})").status, 204U);
  EXPECT_EQ(json_of(second.get("/books/2")).at("quantity"), 1);
}

TEST(CatalogService, what_was_acknowledged_is_there_after_a_restart) {
  const TemporaryFolder folder;
  std::string shown;
  {
    Service service(options(folder.path(), true));
    service.start();
    HttpProbe catalog(service.url());
    EXPECT_EQ(catalog.send(http::Method::patch, "/books/2", R"({"price":1.23})").status, 204U);
    shown = catalog.get("/books/2").body;
    service.stop();
  }
  Service service(options(folder.path(), true));
  service.start();
  EXPECT_EQ(HttpProbe(service.url()).get("/books/2").body, shown);
}

TEST(CatalogService, takes_leave_when_it_stops) {
  const TemporaryFolder folder;
  auto other = options(folder.path());
  other.name = "catalog-2";
  Service stays(options(folder.path()));
  Service leaves(other);
  stays.start();
  leaves.start();
  HttpProbe catalog(stays.url());
  const auto live = [&](const char* name) {
    const auto body = json_of(catalog.get("/members"));
    return std::ranges::any_of(body.at("members").as_array(), [&](const auto& member) {
      return member.at("name") == name && member.at("state") == "live";
    });
  };
  while (!live("catalog-2")) {
  }
  leaves.stop();
  EXPECT_FALSE(live("catalog-2"));
}

TEST(CatalogService, can_be_destroyed_without_a_start_and_stopped_twice) {
  const TemporaryFolder folder;
  {
    Service never_started(options(folder.path()));
  }
  Service service(options(folder.path()));
  service.start();
  service.stop();
  service.stop();
}

TEST(CatalogService, a_write_waits_for_a_front_end_that_does_not_approve_and_then_goes_on) {
  const TemporaryFolder folder;
  auto quick = options(folder.path(), true);
  quick.lease = milliseconds(50);
  Service service(quick);
  service.start();
  HttpProbe catalog(service.url());
  const auto url = dead_url();
  ASSERT_EQ(
      catalog.send(http::Method::put, "/members/frontend/f1", R"({"url":")" + url + R"(","incarnation":"x"})")
          .status,
      200U);
  EXPECT_EQ(catalog.send(http::Method::patch, "/books/2", R"({"quantity":1})").status, 204U);
  EXPECT_EQ(catalog.get("/members/frontend/f1?incarnation=x").status, 409U);
}

TEST(CatalogService, a_front_end_hears_of_a_write_before_it_is_visible) {
  const TemporaryFolder folder;
  Service service(options(folder.path(), true));
  service.start();
  HttpProbe catalog(service.url());
  std::mutex mutex;
  std::vector<std::string> seen_during_invalidation;
  HttpProbe reader(service.url());
  OneRouteServer frontend(http::Method::post, "/invalidate", [&](http::Request&) {
    const std::lock_guard hold(mutex);
    seen_during_invalidation.push_back(
        std::to_string(json_of(reader.get("/books/2")).at("quantity").as_int64()));
    return []() -> Task<http::Response> { co_return http::text_response(200, ""); }();
  });
  ASSERT_EQ(catalog
                .send(http::Method::put, "/members/frontend/f1",
                      R"({"url":")" + frontend.url() + R"(","incarnation":"x"})")
                .status,
            200U);
  EXPECT_EQ(catalog.send(http::Method::patch, "/books/2", R"({"quantity":1})").status, 204U);
  EXPECT_EQ(json_of(catalog.get("/books/2")).at("quantity"), 1);
  const std::lock_guard hold(mutex);
  EXPECT_EQ(seen_during_invalidation, std::vector<std::string>{"60"});
}

}  // namespace
}  // namespace bazar::catalog
