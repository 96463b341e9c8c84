#include "frontend/purchaser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <condition_variable>

#include "balancer/upstream.hpp"
#include "base/oneshot.hpp"
#include "catalog/testing/test_support.hpp"
#include "http/problem.hpp"
#include "json/decode.hpp"
#include "orders/wire.hpp"

namespace bazar::frontend {
namespace {

/// An order service that answers a batch only when told to: with the customer's name as the refusal that each
/// purchase gets.
class HeldOrders {
 public:
  HeldOrders(const HeldOrders&) = delete;
  HeldOrders& operator=(const HeldOrders&) = delete;
  HeldOrders()
      : server_(http::Method::post, "/orders/batch",
                [this](http::Request& request) { return serve(this, std::string(request.body)); }) {}

  /// Lets go of what it holds while the loop that it belongs to is still there.
  ~HeldOrders() {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    while (released_ < held_.size()) held_[released_++].set_value(503);
    held_.clear();
  }

  [[nodiscard]] std::string url() const { return server_.url(); }

  [[nodiscard]] std::size_t calls() {
    const std::lock_guard lock(mutex_);
    return sizes_.size();
  }
  [[nodiscard]] std::vector<std::size_t> sizes() {
    const std::lock_guard lock(mutex_);
    return sizes_;
  }
  /// The next time that it is asked about the purchase of `name`, it says `status`: its outcome is not known.
  void leave_undecided(int name, const std::string& status) {
    const std::lock_guard lock(mutex_);
    undecided_.emplace(std::to_string(name), status);
  }
  /// From now on calls are answered at once: too much is waiting.
  void refuse_the_next() {
    const std::lock_guard lock(mutex_);
    refusing_ = true;
  }
  /// Answers the oldest call that is held.
  void release() {
    const std::lock_guard lock(mutex_);
    held_.at(released_++).set_value(200);
  }

 private:
  static Task<http::Response> serve(HeldOrders* self, std::string body) {
    if (self->refuses()) co_return http::to_response(http::overloaded("too much is waiting"));
    const auto batch = json::decode<orders::wire::Batch>(body).value();
    const unsigned status =
        co_await suspend_until_complete<unsigned>([self, &batch](Completion<unsigned> completion) {
          const std::lock_guard lock(self->mutex_);
          if (self->closing_) return completion.set_value(503);
          self->sizes_.push_back(batch.orders.size());
          self->held_.push_back(std::move(completion));
        });
    std::string outcomes;
    for (const auto& order : batch.orders) {
      outcomes += outcomes.empty() ? "" : ",";
      outcomes += self->outcome_of(order.name);
    }
    co_return http::json_response(status, R"({"outcomes":[)" + outcomes + "]}");
  }

  [[nodiscard]] bool refuses() {
    const std::lock_guard lock(mutex_);
    return refusing_;
  }

  std::string outcome_of(const std::string& name) {
    const std::lock_guard lock(mutex_);
    if (const auto undecided = undecided_.extract(name)) {
      return R"({"status":")" + undecided.mapped() + R"(","replayed":false})";
    }
    return R"({"status":"out_of_stock","replayed":false,"refused":[{"book_id":)" + name +
           R"(,"requested":1,"available":0}]})";
  }

  std::mutex mutex_;
  std::multimap<std::string, std::string> undecided_;  ///< by name: what is said of it
  std::vector<std::size_t> sizes_;
  std::vector<Completion<unsigned>> held_;
  std::size_t released_ = 0;
  bool refusing_ = false;
  bool closing_ = false;
  catalog::OneRouteServer server_;
};

/// Notes how its purchase ended: the number in the answer and who gave it, or the error.
class NotingBuyer final : public Purchaser::Buyer {
 public:
  NotingBuyer(orders::PurchaseRequest purchase, SteadyTime deadline, std::map<int, std::string>& ends,
              std::function<void()> when_bought)
      : Buyer(std::move(purchase), deadline, {}), ends_(ends), when_bought_(std::move(when_bought)) {}

  void bought(Purchaser::Bought result) override {
    const auto& outcome = result.outcome;
    note(outcome.status == orders::PurchaseStatus::out_of_stock
             ? std::to_string(outcome.refused.at(0).book_id.value) + " by " + result.replica
             : std::string(to_string(outcome.status)));
    when_bought_();
  }
  void failed(std::exception_ptr error) override {
    try {
      std::rethrow_exception(error);
    } catch (const DeadlineExceeded&) {
      note("late");
    } catch (const Overloaded&) {
      note("overloaded");
    } catch (const Unavailable&) {
      note("unavailable");
    }
  }

 private:
  void note(const std::string& end) {
    const auto [place, first] = ends_.emplace(std::stoi(purchase().name), end);
    EXPECT_TRUE(first) << "told " << place->second << ", then " << end;
  }

  std::map<int, std::string>& ends_;
  std::function<void()> when_bought_;
};

class PurchaserTest : public ::testing::Test {
 protected:
  PurchaserTest() { upstream_.set_replicas({{"orders-1", orders_.url()}}); }

  /// Buys as customer `name`; what came of it is in `ends_`, before `when_bought`.
  void buy(
      int name, milliseconds patience = milliseconds(20'000), std::function<void()> when_bought = [] {}) {
    if (!purchaser_->admits()) {
      ends_[name] = "not admitted";
      return;
    }
    orders::PurchaseRequest request{"key-" + std::to_string(name), std::to_string(name),
                                    std::vector<catalog::SaleLine>(lines_, {BookId{1}, 1})};
    purchaser_->buy(std::make_shared<NotingBuyer>(std::move(request), SystemClock().now() + patience, ends_,
                                                  std::move(when_bought)));
  }

  template <class Predicate>
  void run_until(Predicate is_so) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!is_so() && std::chrono::steady_clock::now() < give_up) {
      loop_.restart();
      loop_.poll();
      std::this_thread::yield();
    }
    ASSERT_TRUE(is_so());
  }
  void run_until_calls(std::size_t count) {
    run_until([&] { return orders_.calls() >= count; });
  }
  void run_until_ends(std::size_t count) {
    run_until([&] { return ends_.size() >= count; });
  }

  HeldOrders orders_;
  SystemClock clock_;
  observe::Metrics metrics_;
  Loop loop_{1};
  http::Client http_{loop_, {}};
  balancer::Upstream upstream_{loop_,
                               http_,
                               {.service = "orders", .balancer = {}, .attempt_timeout = milliseconds(20'000)},
                               metrics_,
                               clock_};
  orders::Client client_{upstream_};
  std::map<int, std::string> ends_;  ///< by customer
  std::optional<Purchaser> purchaser_{std::in_place, loop_, client_, clock_, metrics_};
  std::size_t lines_ = 1;  ///< of each purchase
};

TEST_F(PurchaserTest, a_lone_purchase_goes_at_once) {
  buy(7);
  run_until_calls(1);
  orders_.release();
  run_until_ends(1);
  EXPECT_EQ(ends_[7], "7 by orders-1");
}

TEST_F(PurchaserTest, while_one_call_is_in_flight_the_next_gathers_and_each_gets_its_own_outcome) {
  buy(1);
  run_until_calls(1);
  for (int name = 2; name <= 6; ++name) buy(name);
  loop_.poll();
  EXPECT_THAT(orders_.sizes(), ::testing::ElementsAre(1));
  orders_.release();
  run_until_calls(2);
  orders_.release();
  run_until_ends(6);
  EXPECT_THAT(orders_.sizes(), ::testing::ElementsAre(1, 5));
  for (int name = 1; name <= 6; ++name) EXPECT_EQ(ends_[name], std::to_string(name) + " by orders-1");
}

TEST_F(PurchaserTest, who_buys_again_as_soon_as_it_is_told_spoils_nothing_for_those_told_after_it) {
  buy(1);
  run_until_calls(1);
  for (int name = 2; name <= 4; ++name) buy(name, milliseconds(20'000), [this, name] { buy(10 * name); });
  orders_.release();
  run_until_calls(2);
  orders_.release();
  // The first of them goes at once, before the others are told.
  run_until_calls(3);
  orders_.release();
  run_until_calls(4);
  orders_.release();
  run_until_ends(7);
  EXPECT_THAT(orders_.sizes(), ::testing::ElementsAre(1, 3, 1, 2));
  for (const int name : {1, 2, 3, 4, 20, 30, 40})
    EXPECT_EQ(ends_[name], std::to_string(name) + " by orders-1");
}

TEST_F(PurchaserTest, as_many_calls_are_in_flight_as_there_are_replicas) {
  HeldOrders second;
  upstream_.set_replicas({{"orders-1", orders_.url()}, {"orders-2", second.url()}});
  buy(1);
  run_until([&] { return orders_.calls() + second.calls() == 1; });
  buy(2);
  run_until([&] { return orders_.calls() + second.calls() == 2; });
  EXPECT_EQ(orders_.calls(), 1U);
  orders_.release();
  second.release();
  run_until_ends(2);
}

TEST_F(PurchaserTest, a_frozen_replica_holds_up_one_call_and_no_other) {
  HeldOrders second;
  upstream_.set_replicas({{"orders-1", orders_.url()}, {"orders-2", second.url()}});
  buy(1);
  run_until_calls(1);
  for (int name = 2; name <= 4; ++name) {
    buy(name);
    run_until([&] { return orders_.calls() + second.calls() == static_cast<std::size_t>(name); });
    ASSERT_EQ(orders_.calls(), 1U);
    second.release();
    run_until([&] { return ends_.contains(name); });
  }
  EXPECT_EQ(ends_.size(), 3U);
  orders_.release();
  run_until_ends(4);
}

TEST_F(PurchaserTest, a_batch_is_bounded_and_the_rest_follows) {
  buy(1);
  run_until_calls(1);
  for (int name = 2; name <= 1'502; ++name) buy(name);
  loop_.poll();
  for (std::size_t call = 1; call <= 3; ++call) {
    run_until_calls(call);
    orders_.release();
  }
  run_until_ends(1'502);
  EXPECT_THAT(orders_.sizes(), ::testing::ElementsAre(1, 1'000, 501));
  EXPECT_EQ(ends_[1'502], "1502 by orders-1");
}

TEST_F(PurchaserTest, a_batch_is_bounded_by_its_lines_too) {
  buy(1);
  run_until_calls(1);
  lines_ = catalog::max_lines;
  for (int name = 2; name <= 131; ++name) buy(name);
  loop_.poll();
  for (std::size_t call = 1; call <= 3; ++call) {
    run_until_calls(call);
    orders_.release();
  }
  run_until_ends(131);
  EXPECT_THAT(orders_.sizes(), ::testing::ElementsAre(1, 100, 30));
}

TEST_F(PurchaserTest, one_whose_time_is_up_does_not_wait_for_the_patient) {
  buy(1);
  run_until_calls(1);
  buy(2, milliseconds(20));
  buy(3);
  run_until_ends(1);
  EXPECT_EQ(ends_[2], "late");
  orders_.release();
  run_until_calls(2);
  orders_.release();
  run_until_ends(3);
  EXPECT_EQ(ends_[1], "1 by orders-1");
  EXPECT_EQ(ends_[3], "3 by orders-1");
  // It timed out in the queue and was never sent.
  EXPECT_THAT(orders_.sizes(), ::testing::ElementsAre(1, 1));
}

TEST_F(PurchaserTest, one_that_is_late_in_flight_leaves_the_others_of_its_batch_alone) {
  buy(1);
  run_until_calls(1);
  buy(2, milliseconds(100));
  buy(3);
  loop_.poll();
  orders_.release();
  run_until_calls(2);
  run_until([&] { return ends_.contains(2); });
  EXPECT_EQ(ends_[2], "late");
  orders_.release();
  run_until_ends(3);
  EXPECT_EQ(ends_[3], "3 by orders-1");
}

TEST_F(PurchaserTest, a_failed_call_fails_its_own_batch_only) {
  buy(1);
  run_until_calls(1);
  buy(2, milliseconds(500));
  loop_.poll();
  upstream_.set_replicas({{"orders-1", catalog::dead_url()}});
  orders_.release();
  run_until_ends(2);
  EXPECT_EQ(ends_[1], "1 by orders-1");
  // Its tries end shortly before its time, on a slow machine with it.
  EXPECT_THAT(ends_[2], ::testing::AnyOf("unavailable", "late"));
}

TEST_F(PurchaserTest, where_no_order_service_answers_it_is_asked_again_until_one_does) {
  upstream_.set_replicas({});
  buy(1);
  // The balancer gives up after its rounds, about two seconds; the purchase does not.
  run_until([&] { return metrics_.expose().contains("bazar_purchase_batch_size_count 2"); });
  upstream_.set_replicas({{"orders-1", orders_.url()}});
  run_until_calls(1);
  orders_.release();
  run_until_ends(1);
  EXPECT_EQ(ends_[1], "1 by orders-1");
}

TEST_F(PurchaserTest, what_the_order_service_does_not_know_yet_is_asked_again) {
  buy(1);
  run_until_calls(1);
  buy(2);
  buy(3);
  buy(4);
  loop_.poll();
  orders_.leave_undecided(2, "in_flight");
  orders_.leave_undecided(3, "unavailable");
  for (std::size_t call = 1; call <= 3; ++call) {
    run_until_calls(call);
    orders_.release();
  }
  run_until_ends(4);
  EXPECT_THAT(orders_.sizes(), ::testing::ElementsAre(1, 3, 2));
  for (int name = 1; name <= 4; ++name) EXPECT_EQ(ends_[name], std::to_string(name) + " by orders-1");
}

TEST_F(PurchaserTest, what_is_not_known_when_its_time_is_nearly_up_is_told_as_it_is) {
  buy(1, milliseconds(80));
  run_until_calls(1);
  orders_.leave_undecided(1, "in_flight");
  orders_.release();
  run_until_ends(1);
  // On a slow machine its time is up even before the answer comes.
  EXPECT_THAT(ends_[1], ::testing::AnyOf("in_flight", "late"));
  EXPECT_EQ(orders_.calls(), 1U);
}

TEST_F(PurchaserTest, who_is_refused_when_asking_again_is_not_told_that_nothing_was_bought) {
  orders_.leave_undecided(1, "unavailable");
  buy(1, milliseconds(1'000));
  run_until_calls(1);
  orders_.refuse_the_next();
  orders_.release();
  run_until_ends(1);
  // It is asked for again until its time is nearly up, on a slow machine until it is.
  EXPECT_THAT(ends_[1], ::testing::AnyOf("unavailable", "late"));
}

TEST_F(PurchaserTest, who_asks_again_goes_before_those_who_came_meanwhile) {
  buy(1);
  run_until_calls(1);
  orders_.leave_undecided(1, "unavailable");
  orders_.release();
  buy(2);
  run_until_calls(2);
  // With the second call held, more than a call takes come, and the first pauses and queues again.
  for (int name = 3; name <= 1'100; ++name) buy(name);
  const auto paused_out = clock_.now() + milliseconds(300);
  run_until([&] { return clock_.now() > paused_out; });
  orders_.release();
  run_until_calls(3);
  orders_.release();
  run_until([&] { return ends_.contains(1); });
  EXPECT_FALSE(ends_.contains(1'100));
  run_until_calls(4);
  orders_.release();
  run_until_ends(1'100);
}

TEST_F(PurchaserTest, a_front_end_that_stops_asks_no_more_and_tells_so_at_once) {
  buy(1);
  run_until_calls(1);
  orders_.leave_undecided(1, "unavailable");
  orders_.release();
  buy(2);
  run_until_calls(2);
  purchaser_->stop_asking_again();
  run_until([&] { return ends_.contains(1); });
  EXPECT_EQ(ends_[1], "unavailable");
  orders_.release();
  run_until_ends(2);
  EXPECT_EQ(ends_[2], "2 by orders-1");
  EXPECT_EQ(orders_.calls(), 2U);
}

TEST_F(PurchaserTest, past_its_bound_no_more_are_let_in) {
  buy(1);
  run_until_calls(1);
  constexpr int bound = static_cast<int>(Purchaser::max_waiting);
  for (int name = 2; name <= bound + 1; ++name) buy(name);
  loop_.poll();
  ASSERT_EQ(ends_.size(), 1U);
  EXPECT_EQ(ends_[bound + 1], "not admitted");
}

class PurchaserOverloadTest : public PurchaserTest {
 protected:
  PurchaserOverloadTest() { purchaser_.emplace(loop_, client_, time_, metrics_); }

  void buy_until(int last) {
    while (last_ < last) buy(++last_);
    loop_.poll();
  }
  /// The call under way ends, and the next takes what has waited for so long.
  void next_call_after(milliseconds waited) {
    time_.advance(waited);
    orders_.release();
    run_until_calls(++calls_);
  }

  ManualClock time_;
  int last_ = 0;
  std::size_t calls_ = 1;
};

TEST_F(PurchaserOverloadTest, standing_queue_has_room_for_what_is_sold_in_time) {
  buy_until(1);
  run_until_calls(1);
  buy_until(1'501);
  next_call_after(milliseconds(150));
  next_call_after(milliseconds(200));
  ASSERT_THAT(orders_.sizes(), ::testing::ElementsAre(1, 1'000, 500));

  buy_until(1'751);
  EXPECT_EQ(ends_.count(1'751), 0U) << "500 in 200 ms are 250 in 100 ms";
  buy_until(1'752);
  EXPECT_EQ(ends_[1'752], "not admitted");
  EXPECT_THAT(metrics_.expose(), ::testing::HasSubstr("bazar_shed_total{where=\"purchases\"} 1"));
}

TEST_F(PurchaserOverloadTest, who_came_before_it_was_noticed_and_finds_no_room_is_told_at_once) {
  buy_until(1);
  run_until_calls(1);
  buy_until(3'501);
  next_call_after(milliseconds(150));
  next_call_after(milliseconds(200));

  run_until_ends(1 + 1'000 + 1'000);
  EXPECT_EQ(ends_[3'501], "overloaded");
  EXPECT_EQ(ends_[2'502], "overloaded");
  EXPECT_EQ(ends_.count(2'501), 0U) << "1,000 in 200 ms are 500 in 100 ms";
}

TEST_F(PurchaserTest, who_waits_when_it_ends_is_told) {
  buy(1);
  run_until_calls(1);
  buy(2);
  loop_.poll();
  purchaser_.reset();
  run_until_ends(2);
  EXPECT_EQ(ends_[1], "unavailable");
  EXPECT_EQ(ends_[2], "unavailable");
}

}  // namespace
}  // namespace bazar::frontend
