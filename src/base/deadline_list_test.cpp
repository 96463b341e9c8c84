#include "base/deadline_list.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/errors.hpp"

namespace bazar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DeadlineListTest : public ::testing::Test {
 protected:
  class Waiter final : public DeadlineList::Entry {
   public:
    Waiter(std::string name, std::vector<std::string>& told) : name_(std::move(name)), told_(told) {}
    void fail(std::exception_ptr error) override {
      try {
        std::rethrow_exception(error);
      } catch (const Outage& outage) {
        told_.push_back(name_ + ' ' + outage.what());
      }
    }

   private:
    std::string name_;
    std::vector<std::string>& told_;
  };

  std::shared_ptr<Waiter> add(std::string name, milliseconds patience) {
    auto waiter = std::make_shared<Waiter>(std::move(name), told_);
    list_->add(loop_.get_executor(), clock_.now() + patience, waiter);
    return waiter;
  }

  Loop loop_{1};
  SystemClock clock_;
  std::shared_ptr<DeadlineList> list_ = std::make_shared<DeadlineList>(clock_, "late");
  std::vector<std::string> told_;
};

TEST_F(DeadlineListTest, fails_each_at_its_deadline_whatever_the_order_they_came_in) {
  add("c", milliseconds{30});
  add("a", milliseconds{10});
  add("b", milliseconds{20});
  loop_.run();
  EXPECT_THAT(told_, ElementsAre("a late", "b late", "c late"));
  EXPECT_EQ(list_->size(), 0U);
}

TEST_F(DeadlineListTest, fails_one_whose_time_was_up_when_it_came) {
  add("a", milliseconds{-5});
  loop_.run();
  EXPECT_THAT(told_, ElementsAre("a late"));
}

TEST_F(DeadlineListTest, leaves_alone_who_was_removed_in_time) {
  const auto removed = add("a", milliseconds{10});
  add("b", milliseconds{20});
  EXPECT_TRUE(list_->remove(*removed));
  EXPECT_FALSE(list_->remove(*removed));
  loop_.run();
  EXPECT_THAT(told_, ElementsAre("b late"));
}

TEST_F(DeadlineListTest, keeps_time_again_after_it_was_empty) {
  add("a", milliseconds{1});
  loop_.run();
  add("b", milliseconds{1});
  loop_.restart();
  loop_.run();
  EXPECT_THAT(told_, ElementsAre("a late", "b late"));
}

TEST_F(DeadlineListTest, tells_all_when_it_stops_and_holds_no_loop_up) {
  add("a", std::chrono::hours{1});
  const auto told_before = add("b", std::chrono::hours{2});
  list_->stop(std::make_exception_ptr(Unavailable("the end")));
  EXPECT_THAT(told_, ElementsAre("a the end", "b the end"));
  EXPECT_FALSE(list_->remove(*told_before));
  loop_.run();
}

TEST_F(DeadlineListTest, its_end_holds_no_loop_up_and_tells_nobody) {
  add("a", std::chrono::hours{1});
  list_.reset();
  loop_.run();
  EXPECT_THAT(told_, IsEmpty());
}

}  // namespace
}  // namespace bazar
