#include "bench/roles.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "base/random.hpp"

namespace bazar::bench {
namespace {

constexpr milliseconds patience{20'000};
constexpr milliseconds look_again{20};

Task<> add_stock(Loop& loop, http::Endpoint catalog) {
  http::Client client(loop, {});
  co_await expect(client, catalog,
                  {.method = http::Method::post,
                   .target = "/books/2/stock",
                   .headers = {{"Idempotency-Key", "stock"}},
                   .body = R"({"delta":100000000})"},
                  200);
}

/// Each its own URL: a former incarnation of a restarted one may still be listed.
Task<bool> are_live(Loop& loop, http::Endpoint catalog, std::vector<http::Endpoint> frontends) {
  http::Client client(loop, {});
  const auto answer = co_await expect(client, catalog, {.target = "/members"}, 200);
  const auto document = boost::json::parse(answer.body);
  std::size_t live = 0;
  for (const auto& member : document.at("members").as_array()) {
    const auto endpoint = http::parse_endpoint(member.at("url").as_string());
    const bool ours = endpoint && std::ranges::find(frontends, *endpoint) != frontends.end();
    if (member.at("state").as_string() == "live" && ours) ++live;
  }
  co_return live == frontends.size();
}

Task<bool> all_hit(Loop& loop, std::vector<http::Endpoint> frontends) {
  http::Client client(loop, {});
  for (const auto& frontend : frontends) {
    const auto answer = co_await expect(client, frontend, {.target = "/info/2"}, 200);
    if (answer.header("Cache-Status") != "bazar; hit") co_return false;
  }
  co_return true;
}

}  // namespace

Roles::Folder::Folder() : path(std::filesystem::temp_directory_path() / ("bazar-bench-" + random_hex(8))) {
  std::filesystem::create_directories(path);
}

Roles::Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

Roles::Roles(std::size_t frontends, std::string on_write, unsigned lease_ms)
    : frontends_(frontends), frontend_processes_(frontends) {
  std::ofstream(folder_.path / "service.token") << random_hex(16) << '\n';
  const std::string database = "sqlite:" + folder_.path.string();
  catalog_process_ = start({"catalog", "--name", "catalog-1", "--database", database, "--demo-books",
                            "--lease-ms", std::to_string(lease_ms), "--on-write", std::move(on_write)});
  catalog_ = catalog_process_->wait_until_ready();
  orders_process_ =
      start({"orders", "--name", "orders-1", "--database", database, "--catalog", http::to_url(catalog_)});
  orders_ = orders_process_->wait_until_ready();
  for (std::size_t i = 0; i < frontends; ++i) start_frontend(i);
  harness::run([this](Loop& loop) { return add_stock(loop, catalog_); });
  wait_until_all_cache();
}

std::unique_ptr<harness::RoleProcess> Roles::start(std::vector<std::string> args) {
  args.insert(args.end(), {"--service-token-file", (folder_.path / "service.token").string()});
  harness::RoleCommand command;
  command.args = std::move(args);
  command.log = folder_.path / "log";
  return std::make_unique<harness::RoleProcess>(command);
}

void Roles::start_frontend(std::size_t index) {
  frontend_processes_[index] = start(
      {"frontend", "--name", "frontend-" + std::to_string(index + 1), "--catalog", http::to_url(catalog_)});
  frontends_[index] = frontend_processes_[index]->wait_until_ready();
}

void Roles::restart_frontend(std::size_t index) {
  start_frontend(index);
  wait_until_all_cache();
}

void Roles::wait_until_all_cache() {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  for (bool done = false; !done;) {
    harness::run([&](Loop& loop) {
      return [](Loop& on, Roles& roles, bool& all) -> Task<> {
        all = co_await are_live(on, roles.catalog(), roles.frontends()) &&
              co_await all_hit(on, roles.frontends());
      }(loop, *this, done);
    });
    if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error("not all front-ends cache");
    if (!done) std::this_thread::sleep_for(look_again);
  }
}

Task<http::ClientResponse> expect(http::Client& client, http::Endpoint server, http::ClientRequest request,
                                  unsigned status) {
  auto answer = co_await client.send(server, std::move(request), std::chrono::steady_clock::now() + patience);
  if (answer.status != status) throw std::runtime_error(std::to_string(answer.status) + ' ' + answer.body);
  co_return answer;
}

http::ClientRequest set_price(int minor_units) {
  return {.method = http::Method::patch,
          .target = "/books/2",
          .body = "{\"price\":" + std::to_string(minor_units / 100) + '.' +
                  std::to_string(10 + minor_units % 90) + '}'};
}

http::ClientRequest buy_from_orders() {
  return {.method = http::Method::post,
          .target = "/orders",
          .headers = {{"Idempotency-Key", random_hex(12)}},
          .body = R"({"id":2,"name":"Hiba","quantity":1})"};
}

double quantile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  const auto place = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5);
  return values.at(place);
}

}  // namespace bazar::bench
