#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "batch.hpp"
#include "catalog/coherence/invalidation.hpp"
#include "catalog/coherence/write_round.hpp"
#include "process.hpp"

namespace bazar::simulation {

/// One catalog process: a thread that commits batches and does what the real catalog::WriteRound asks of it
/// (as catalog::SqliteWriter), and reads in snapshots of the shared database.
class Catalog final : public Process {
 public:
  Catalog(World& world, int node, std::string name);

  void submit(WriteRequest request, Respond<WriteAnswer> respond);
  void read(const std::vector<Book>& books, const Respond<Snapshot>& respond);
  void renew(const std::string& name, const std::string& incarnation, const Respond<Renewal>& respond);
  /// A death was seen, or a farewell said.
  void retire(const std::string& name, const std::string& incarnation, Respond<WriteAnswer> respond);
  void member_of_process(const std::string& name, int process,
                         const Respond<std::optional<std::string>>& respond);

  [[nodiscard]] bool holds_lock() const;
  [[nodiscard]] bool idle() const { return phase_ == Phase::idle; }

 protected:
  void started() override;
  void killed() override;

 private:
  enum class Phase : std::uint8_t { idle, locking, applying, asking, committing, revoking, waiting };
  struct Item {
    WriteRequest request;
    Respond<WriteAnswer> respond;
    WriteAnswer answer = {};
  };

  void work();
  void attempt();
  void apply();
  void perform(const catalog::WriteRound::Action& action);
  void ask(const catalog::WriteRound::Ask& ask);
  void ask_one(const catalog::Invalidation& invalidation, const catalog::Member& member);
  void answered_all();
  void commit(const catalog::WriteRound::Commit& commit);
  void make_visible();
  void finish();
  void answer_all();
  void revoke(const catalog::WriteRound::Revoke& revoke);
  void wait(SteadyTime until);
  void keep_waiting();
  void refresh();
  void register_without_lock(const Enroll& request, const Respond<WriteAnswer>& respond);

  [[nodiscard]] catalog::LeaseTiming timing() const;
  [[nodiscard]] microseconds draw_commit_time() const;
  [[nodiscard]] State& database() const;
  [[nodiscard]] const State& snapshot_for_renewal();
  void release_lock();

  std::optional<catalog::WriteRound> round_;
  std::deque<Item> queue_;
  std::vector<Item> items_;  ///< of the batch under way
  std::optional<Batch> batch_;
  Phase phase_ = Phase::idle;
  std::vector<catalog::LeaseHolder> holders_;
  std::size_t asked_ = 0;  ///< still to answer
  std::vector<catalog::Member> silent_;
  bool visible_ = false;  ///< only with a rule off: committed before it was asked for
  SteadyTime wait_until_;
  std::vector<Retire> deaths_;
  std::optional<State> old_snapshot_;  ///< only with a rule off
  Instant old_snapshot_at_;
};

}  // namespace bazar::simulation
