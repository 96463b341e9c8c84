#include "tests/robustness/fault_test.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "audit/aftermath.hpp"
#include "base/random.hpp"
#include "tests/harness/recovery.hpp"
#include "tests/harness/store_process.hpp"

namespace bazar::robustness {
namespace {

using harness::run;

constexpr milliseconds patience{30'000};
/// On top of two leases: the time in which seven servers, the shoppers and the gates get their turn on two
/// cores, and in which an attempt to connect is repeated.
constexpr milliseconds scheduling_allowance{1'000};

// One is plenty, one runs out and is filled again, one is hot with edits.
constexpr std::array load_books{BookId{1}, BookId{2}, BookId{3}};
constexpr std::int64_t plenty = 1'000'000;
/// Of the demo stock, and not touched by the load.
constexpr std::int64_t recovery_book = 7;

unsigned choose_seed() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
  const char* wanted = std::getenv("BAZAR_TEST_SEED");
  return wanted != nullptr ? static_cast<unsigned>(std::stoul(wanted)) : std::random_device{}();
}

std::string test_name() {
  const auto* info = testing::UnitTest::GetInstance()->current_test_info();
  std::string name = std::string(info->test_suite_name()) + '.' + info->name();
  std::ranges::replace(name, '/', '-');
  return name;
}

/// Shoppers all get stuck in a purchase when the store stands still; these go on looking.
audit::WorkloadOptions only_looking(audit::WorkloadOptions options) {
  options.mix = {.read = 1, .buy = 0, .buy_twice_at_once = 0, .replay = 0, .set_price = 0, .add_stock = 0};
  options.clients = 6;
  options.try_timeout = milliseconds{300};
  ++options.seed;
  return options;
}

// Coroutines take what they use by value or from a frame that waits for them in `run`.

Task<> put_on_shelf(Loop& loop, http::Endpoint frontend, std::string token, std::int64_t book) {
  http::Client client(loop, {});
  const auto answer = co_await harness::send_with_retries(
      loop, client, frontend,
      {.method = http::Method::post,
       .target = "/books/" + std::to_string(book) + "/stock",
       .headers = {{"Authorization", "Bearer " + token}, {"Idempotency-Key", random_hex(12)}},
       .body = R"({"delta":)" + std::to_string(plenty) + "}"},
      patience);
  EXPECT_EQ(answer.status, 200U) << answer.body;
}

Task<> read_books(Loop& loop, http::Endpoint frontend, audit::Record& record) {
  for (const BookId book : load_books)
    record.books.push_back(co_await audit::read_initial(loop, frontend, book, patience));
}

Task<> collect(Loop& loop, audit::WorkloadOptions options, const audit::Record& record,
               audit::Aftermath& aftermath) {
  aftermath = co_await audit::collect_aftermath(loop, std::move(options), record);
  loop.stop();
}

Task<> send_once(Loop& loop, http::Endpoint server, http::ClientRequest request, milliseconds limit,
                 http::ClientResponse& response) {
  http::Client client(loop, {});
  response = co_await client.send(server, std::move(request), std::chrono::steady_clock::now() + limit);
}

}  // namespace

bool full_run() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
  static const bool full = std::getenv("BAZAR_TEST_FULL") != nullptr;
  return full;
}

Load::Load(const audit::WorkloadOptions& options, audit::Record& record)
    : options_(options),
      record_(record),
      only_seen_(record),
      shoppers_(loop_, options, record),
      lookers_(loop_, only_looking(options), only_seen_),
      thread_([this] {
        for (audit::Workload* each : {&shoppers_, &lookers_})
          asio::co_spawn(loop_, each->run(), [this](std::exception_ptr error) { ended(std::move(error)); });
        loop_.run();
      }) {}

Load::~Load() { stop(); }

void Load::stop() {
  if (!thread_.joinable()) return;
  asio::post(loop_, [this] {
    shoppers_.stop();
    lookers_.stop();
  });
  thread_.join();
}

/// Connections that are kept for later would keep the loop busy.
void Load::ended(std::exception_ptr error) {
  if (error && !failure_) failure_ = std::move(error);
  if (--running_ == 0) loop_.stop();
}

audit::Verdict Load::finish() {
  stop();
  if (failure_) std::rethrow_exception(failure_);
  loop_.restart();
  running_ = 1;
  asio::co_spawn(loop_, shoppers_.settle(), [this](std::exception_ptr error) { ended(std::move(error)); });
  loop_.run();
  if (failure_) std::rethrow_exception(failure_);
  for (std::size_t i = 0; i < record_.books.size(); ++i) {
    auto& history = record_.books[i].history;
    history.insert(history.end(), only_seen_.books[i].history.begin(), only_seen_.books[i].history.end());
  }
  record_.strange.insert(record_.strange.end(), only_seen_.strange.begin(), only_seen_.strange.end());
  audit::Aftermath aftermath;
  run([&](Loop& loop) { return collect(loop, options_, record_, aftermath); });
  return audit::judge(record_, aftermath);
}

FaultTest::FaultTest() : seed_(choose_seed()), random_(seed_) {
  RecordProperty("seed", std::to_string(seed_));
  std::cout << "seed " << seed_ << " (BAZAR_TEST_SEED=" << seed_ << " repeats its choices)\n";
}

FaultTest::~FaultTest() = default;

void FaultTest::start_store(harness::ClusterOptions options) {
  store_ = std::make_unique<harness::Cluster>(folder_.path(), std::move(options));
  const auto door = store_->door(store_->names("frontend").front());
  for (const std::int64_t book : {load_books[0].value, load_books[2].value, recovery_book})
    run([&](Loop& loop) { return put_on_shelf(loop, door, store_->shopkeeper_token(), book); });
  static_cast<void>(harness::measure_recovery(*store_, recovery_book, patience));
}

void FaultTest::start_load() {
  record_ = std::make_unique<audit::Record>();
  audit::WorkloadOptions options;
  for (const auto& frontend : store_->names("frontend")) options.frontends.push_back(store_->door(frontend));
  run([&](Loop& loop) { return read_books(loop, options.frontends.front(), *record_); });
  options.shopkeeper_token = store_->shopkeeper_token();
  options.name = "load-" + random_hex(4);
  options.clients = 8;
  options.seed = seed_;
  options.pause = milliseconds{20};
  load_ = std::make_unique<Load>(options, *record_);
}

void FaultTest::finish_load() {
  if (!load_) return;
  const auto load = std::exchange(load_, nullptr);
  const audit::Verdict verdict = load->finish();
  for (const auto& finding : verdict.broken)
    ADD_FAILURE() << "broken: " << audit::in_words(finding.promise) << ": " << finding.text;
  for (const auto& finding : verdict.undecided)
    ADD_FAILURE() << "undecided: " << audit::in_words(finding.promise) << ": " << finding.text;
  std::cout << record_->operations() << " operations, " << record_->purchases.size() << " purchases, "
            << record_->replays << " replays\n";
}

void FaultTest::TearDown() {
  finish_load();
  if (!HasFailure() || !store_) return;
  const auto log = std::filesystem::temp_directory_path() / ("bazar-" + test_name() + ".log");
  std::ofstream(log) << store_->logs();
  std::cout << "the servers' logs are in " << log << '\n';
}

void FaultTest::expect_recovery(const std::string& after) {
  const auto recovery = harness::measure_recovery(*store_, recovery_book, patience);
  std::cout << "recovered " << recovery.longest().count() << " ms after " << after << " ("
            << recovery.slowest() << ")\n";
  EXPECT_LE(recovery.longest(), 2 * lease() + scheduling_allowance) << after << ": " << recovery.slowest();
}

std::string FaultTest::any_of(const std::vector<std::string>& names) {
  return names.at(static_cast<std::size_t>(random_up_to(static_cast<int>(names.size()) - 1)));
}

void FaultTest::pause(milliseconds time) { std::this_thread::sleep_for(time); }

FaultTest::Answer FaultTest::ask(const http::Endpoint& server, http::ClientRequest request,
                                 milliseconds time) {
  http::ClientResponse response;
  run([&](Loop& loop) { return send_once(loop, server, std::move(request), time, response); });
  return {response.status, response.body, std::string(response.header("Cache-Status").value_or(""))};
}

FaultTest::Answer FaultTest::look_up(const std::string& frontend, std::int64_t book) {
  auto answer = ask(store_->door(frontend), {.target = "/info/" + std::to_string(book)});
  EXPECT_EQ(answer.status, 200U) << answer.body;
  return answer;
}

void FaultTest::warm_up(const std::string& frontend, std::int64_t book) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (look_up(frontend, book).cache_status.find("hit") == std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now(), give_up) << frontend << " never answers from its cache";
    pause(milliseconds{10});
  }
}

void FaultTest::set_price(const std::string& frontend, std::int64_t book, std::int64_t price) {
  patch_price(store_->door(frontend), store_->shopkeeper_token(), book, price);
}

void FaultTest::set_price_at_catalog(const std::string& catalog, std::int64_t book, std::int64_t price) {
  patch_price(store_->entry(catalog), store_->service_token(), book, price);
}

void FaultTest::patch_price(const http::Endpoint& server, const std::string& token, std::int64_t book,
                            std::int64_t price) {
  const auto answer = ask(server, {.method = http::Method::patch,
                                   .target = "/books/" + std::to_string(book),
                                   .headers = {{"Authorization", "Bearer " + token}},
                                   .body = R"({"price":)" + std::to_string(price) + "}",
                                   .idempotent = false});
  EXPECT_EQ(answer.status, 204U) << answer.body;
}

std::int64_t FaultTest::price_in(const Answer& answer) {
  return static_cast<std::int64_t>(boost::json::parse(answer.body).at("price").to_number<double>());
}

}  // namespace bazar::robustness
