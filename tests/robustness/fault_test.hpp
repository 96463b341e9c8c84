#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <thread>

#include "audit/verdict.hpp"
#include "audit/workload.hpp"
#include "base/temporary_folder.hpp"
#include "tests/harness/cluster.hpp"
#include "tests/harness/failpoint_file.hpp"

namespace bazar::robustness {

/// Whether the long run is wanted (`./test --full`).
[[nodiscard]] bool full_run();

/// Shoppers and a shopkeeper at all front-ends, on a thread of their own, until `finish`.
class Load {
 public:
  /// `record` outlives this; its books have id and initial state.
  Load(const audit::WorkloadOptions& options, audit::Record& record);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  /// Ends what is under way, asks again for what has no answer yet, and judges what was seen. Throws what the
  /// workload threw.
  [[nodiscard]] audit::Verdict finish();

 private:
  void stop();
  void ended(std::exception_ptr error);

  const audit::WorkloadOptions options_;
  audit::Record& record_;
  Loop loop_{1};
  audit::Record only_seen_;
  audit::Workload shoppers_;
  audit::Workload lookers_;
  int running_ = 2;
  std::exception_ptr failure_;
  std::thread thread_;
};

/// A store of real processes under load, with faults put in by the test. When the test body ends, the history
/// of every book must be linearizable, the stock must add up, and every key must have one order.
///
/// The choice of victims and moments follows from a seed, which is printed; `BAZAR_TEST_SEED` sets it. What
/// the processes make of it is not replayed: their threads run as they do.
class FaultTest : public testing::Test {
 public:
  ~FaultTest() override;

 protected:
  FaultTest();

  /// Starts the servers, fills the shelves, and waits until every front-end serves.
  void start_store(harness::ClusterOptions options = {});
  void start_load();
  /// Ends the load and judges what it saw. Called by TearDown where the test has not.
  void finish_load();
  void TearDown() override;

  [[nodiscard]] harness::Cluster& store() { return *store_; }
  [[nodiscard]] milliseconds lease() const { return store_->lease(); }

  /// Service comes back by itself within two leases from now.
  void expect_recovery(const std::string& after);

  /// All servers are killed; after `finish_load`.
  void stop_store() { store_.reset(); }

  /// Of the servers' data and logs.
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
  [[nodiscard]] int random_up_to(int most) { return std::uniform_int_distribution(0, most)(random_); }
  [[nodiscard]] std::string any_of(const std::vector<std::string>& names);
  static void pause(milliseconds time);

  // Requests of a lone client.
  struct Answer {
    unsigned status = 0;
    std::string body;
    std::string cache_status;
  };
  /// Sends once. Throws Outage.
  [[nodiscard]] Answer ask(const http::Endpoint& server, http::ClientRequest request,
                           milliseconds patience = milliseconds{10'000});
  [[nodiscard]] Answer look_up(const std::string& frontend, std::int64_t book);
  /// Looks the book up until the front-end answers from its cache.
  void warm_up(const std::string& frontend, std::int64_t book);
  /// `price` in whole units of the currency. Returns when the write is acknowledged.
  void set_price(const std::string& frontend, std::int64_t book, std::int64_t price);
  void set_price_at_catalog(const std::string& catalog, std::int64_t book, std::int64_t price);
  [[nodiscard]] static std::int64_t price_in(const Answer& answer);

 private:
  void patch_price(const http::Endpoint& server, const std::string& token, std::int64_t book,
                   std::int64_t price);
  TemporaryFolder folder_;
  unsigned seed_;
  std::mt19937 random_;
  std::unique_ptr<harness::Cluster> store_;
  std::unique_ptr<audit::Record> record_;
  std::unique_ptr<Load> load_;
};

}  // namespace bazar::robustness
