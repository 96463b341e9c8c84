#include <gtest/gtest.h>

#include <map>
#include <random>

#include "frontend/coherence/frontend_protocol.hpp"
#include "frontend/coherence/single_flight.hpp"

namespace bazar::frontend {
namespace {

using catalog::Grant;
using catalog::Invalidation;
using catalog::MemberState;

constexpr milliseconds lease{2'000};
constexpr int books = 4;

/// What the catalog's database holds. `changes` counts each book's over all epochs; revisions are of one
/// epoch.
struct Database {
  int epoch = 1;
  Revision revision = 100;
  std::map<int, int> changes;
  std::string member;
  MemberState state = MemberState::gone;

  [[nodiscard]] std::string epoch_name() const { return "E" + std::to_string(epoch); }
};

/// A write under way: rules 1 and 2, one at a time.
struct Write {
  enum class Phase : std::uint8_t { none, asking, waiting };
  Phase phase = Phase::none;
  int book = 0;
  SteadyTime since;
};

struct Request {
  int known = 0;  ///< changes of the book that were committed when it asked
};
using Flights = SingleFlight<int, Request>;

struct FetchMessage {
  Flights::FetchPtr fetch;
  bool answered = false;
  std::string epoch = {};
  Revision as_of = 0;
  int changes = 0;
};

struct GrantMessage {
  std::string incarnation;
  SteadyTime sent;
  bool registers = false;
  bool answered = false;
  std::optional<Grant> grant = {};  ///< empty: refused
};

struct CacheEntry {
  std::string epoch;
  Revision as_of = 0;
  int changes = 0;
};

/// Random histories of one front-end and one catalog, whose messages are delayed, lost, doubled and reordered
/// and whose front-end restarts. Each answered read must know every write that was committed before it was
/// asked.
class World {
 public:
  explicit World(unsigned seed) : random_(seed) { restart_frontend(); }

  void step() {
    if (chance(25)) now_ += milliseconds(roll(200));
    const int action = roll(100);
    if (action < 25)
      ask(roll(books));
    else if (action < 35)
      send_fetches();
    else if (action < 45)
      answer_fetch();
    else if (action < 55)
      deliver_fetch();
    else if (action < 70)
      write();
    else if (action < 80)
      deliver_invalidation();
    else if (action < 85)
      renew();
    else if (action < 92)
      answer_grant();
    else if (action < 99)
      deliver_grant();
    else
      disturb();
  }

  std::string violation;  ///< the first
  int hits = 0;
  int shared = 0;
  int commits = 0;

 private:
  int roll(int sides) { return static_cast<int>(random_() % static_cast<unsigned>(sides)); }
  bool chance(int percent) { return roll(100) < percent; }

  /// One of the messages under way that `fits`: often the last that was sent, else any.
  template <class T, class Fits>
  auto pick(std::vector<T>& messages, Fits fits) {
    std::vector<typename std::vector<T>::iterator> fitting;
    for (auto at = messages.begin(); at != messages.end(); ++at) {
      if (fits(*at)) fitting.push_back(at);
    }
    if (fitting.empty()) return messages.end();
    return chance(60) ? fitting.back() : fitting[random_() % fitting.size()];
  }
  /// Sends; now and then another message is lost for it.
  template <class T>
  void send(std::vector<T>& messages, T message) {
    if (messages.size() > 8) messages.erase(messages.begin() + roll(8));
    messages.push_back(std::move(message));
  }
  template <class T>
  static T take(std::vector<T>& messages, typename std::vector<T>::iterator at) {
    T taken = std::move(*at);
    messages.erase(at);
    return taken;
  }

  void check(const std::string& how, int book, int changes, const Request& request) {
    if (changes >= request.known || !violation.empty()) return;
    violation = how + " of book " + std::to_string(book) + " knows " + std::to_string(changes) +
                " changes, not " + std::to_string(request.known);
  }

  // The front-end's reads.

  void ask(int book) {
    const Request request{database_.changes[book]};
    const auto at = cache_.find(book);
    if (at != cache_.end() &&
        protocol_.may_serve(BookId{book + 1}, at->second.epoch, at->second.as_of, now_)) {
      ++hits;
      return check("a hit", book, at->second.changes, request);
    }
    flights_.request(book, protocol_.sharing_terms(BookId{book + 1}, now_), request);
  }

  void send_fetches() {
    for (auto& fetch : flights_.send(2)) fetches_.push_back({std::move(fetch)});
  }

  void answer_fetch() {
    const auto at = pick(fetches_, [](const auto& message) { return !message.answered; });
    if (at == fetches_.end()) return;
    at->answered = true;
    at->epoch = database_.epoch_name();
    at->as_of = database_.revision;
    at->changes = database_.changes[at->fetch->key];
  }

  void deliver_fetch() {
    const auto at = pick(fetches_, [](const auto& message) { return message.answered; });
    if (at == fetches_.end()) return;
    const FetchMessage answer = take(fetches_, at);
    const int book = answer.fetch->key;
    if (protocol_.may_fill(BookId{book + 1}, answer.epoch, answer.as_of)) {
      cache_[book] = {answer.epoch, answer.as_of, answer.changes};
    }
    const auto may_share = [&](const SharingTerms& terms) {
      const bool may = terms.allow(answer.epoch, answer.as_of);
      if (may) ++shared;
      return may;
    };
    for (const Request& request : flights_.answered(*answer.fetch, may_share)) {
      check("an answer", book, answer.changes, request);
    }
  }

  // The writer.

  void write() {
    switch (write_.phase) {
      case Write::Phase::none:
        write_.book = roll(books);
        return begin_write();
      case Write::Phase::asking:
        if (chance(10))
          write_.phase = Write::Phase::none;  // rolled back: what was asked for never happens
        else if (now_ - write_.since > milliseconds(300))
          revoke();
        return;
      case Write::Phase::waiting:
        if (now_ - write_.since < lease) return;
        if (database_.state == MemberState::revoked) database_.state = MemberState::gone;
        return begin_write();
    }
  }

  void begin_write() {
    if (database_.state == MemberState::gone) return commit();
    if (database_.state == MemberState::revoked) {
      write_.phase = Write::Phase::waiting;
      write_.since = now_;
      return;
    }
    write_.phase = Write::Phase::asking;
    write_.since = now_;
    send(
        invalidations_,
        {database_.epoch_name(), database_.member, database_.revision + 1, {BookId{write_.book + 1}}, false});
  }

  void revoke() {
    database_.state = MemberState::revoked;
    write_.phase = Write::Phase::waiting;
    write_.since = now_;
  }

  void commit() {
    ++database_.revision;
    ++database_.changes[write_.book];
    ++commits;
    write_.phase = Write::Phase::none;
  }

  /// What asks for the present write is the only message whose approval counts; the others are late or
  /// doubled.
  [[nodiscard]] bool is_present(const Invalidation& asked) const {
    return write_.phase == Write::Phase::asking && asked.epoch == database_.epoch_name() &&
           asked.incarnation == database_.member && asked.revision == database_.revision + 1 &&
           asked.books.front() == BookId{write_.book + 1};
  }

  void deliver_invalidation() {
    const auto at = pick(invalidations_, [](const auto&) { return true; });
    if (at == invalidations_.end()) return;
    const Invalidation asked = chance(30) ? *at : take(invalidations_, at);
    if (chance(10)) return;  // lost
    const bool approved = protocol_.invalidate(asked, now_);
    if (approved && chance(90) && is_present(asked)) commit();
  }

  // Membership.

  void restart_frontend() {
    registering_ = "I" + std::to_string(++incarnations_);
    protocol_.begin_incarnation(registering_);
    send(grants_, {registering_, now_, true});
  }

  void renew() { send(grants_, {registering_, now_}); }

  void answer_grant() {
    const auto at = pick(grants_, [](const auto& message) { return !message.answered; });
    if (at == grants_.end()) return;
    if (at->registers) {
      if (write_.phase == Write::Phase::asking) return;  // waits for the writers' lock
      // A front-end sends one registration at a time and gives each a name of its own; one that it has given
      // up is lost.
      if (at->incarnation != registering_) return;
      database_.member = at->incarnation;
      database_.state = MemberState::live;
    }
    at->answered = true;
    if (database_.state == MemberState::live && database_.member == at->incarnation) {
      at->grant = Grant{database_.epoch_name(), database_.revision, lease.count()};
    }
  }

  void deliver_grant() {
    const auto at = pick(grants_, [](const auto& message) { return message.answered; });
    if (at == grants_.end()) return;
    const GrantMessage answer = chance(20) ? *at : take(grants_, at);
    if (answer.grant) {
      protocol_.granted(answer.incarnation, *answer.grant, answer.sent, now_);
    } else if (answer.incarnation == registering_ && !answer.registers) {
      restart_frontend();
    }
  }

  /// Rarely: the front-end restarts, or the database comes back from a copy with an epoch of its own and
  /// fewer revisions.
  void disturb() {
    if (chance(50)) return restart_frontend();
    ++database_.epoch;
    database_.revision -= roll(20);
    write_.phase = Write::Phase::none;
  }

  std::mt19937 random_;
  SteadyTime now_{std::chrono::hours(1)};
  Database database_;
  Write write_;
  FrontendProtocol protocol_{2};
  std::map<int, CacheEntry> cache_;  ///< never emptied: what is void must be known by its tag and floor
  Flights flights_;
  std::vector<FetchMessage> fetches_;
  std::vector<Invalidation> invalidations_;
  std::vector<GrantMessage> grants_;
  std::string registering_;
  int incarnations_ = 0;
};

class FrontendHistory : public testing::TestWithParam<unsigned> {};

TEST_P(FrontendHistory, no_read_misses_a_write_that_was_committed_before_it_was_asked) {
  int hits = 0;
  int shared = 0;
  int commits = 0;
  for (unsigned history = 0; history < 40; ++history) {
    const unsigned seed = GetParam() * 1'000 + history;
    World world(seed);
    for (int step = 0; step < 3'000; ++step) {
      world.step();
      ASSERT_EQ(world.violation, "") << "seed " << seed << ", step " << step;
    }
    hits += world.hits;
    shared += world.shared;
    commits += world.commits;
  }
  // A history in which nothing happens proves nothing.
  EXPECT_GT(hits, 400);
  EXPECT_GT(shared, 40);
  EXPECT_GT(commits, 400);
}

INSTANTIATE_TEST_SUITE_P(Seeds, FrontendHistory, testing::Range(0U, 10U));

}  // namespace
}  // namespace bazar::frontend
