#include "client.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "frontend.hpp"
#include "world.hpp"

namespace bazar::simulation {

using audit::OperationKind;
using audit::Outcome;

namespace {

constexpr int first_client_node = 100;
constexpr int most_attempts = 12;

}  // namespace

Client::Client(World& world, int number, Kind kind)
    : Process(world, first_client_node + number,
              fmt::format("{}-{}", kind == Kind::prober ? "prober" : "client", number)),
      number_(number),
      kind_(kind) {}

void Client::started() { think(); }

void Client::think() {
  if (kind_ == Kind::prober) return;
  after_true(world().random.around<microseconds>(world().parameters.think_time), [this] {
    if (operation_) return;
    if (!world().stormy) return think();
    begin();
    send();
  });
}

void Client::begin() {
  operation_.emplace();
  operation_->id = ++operations_ * 1'000 + number_;
  operation_->client = number_;
  operation_->invoked = world().now();
  if_match_.reset();
  attempt_ = 0;
  choose();
}

void Client::choose() {
  Random& random = world().random;
  const Book book = random.below(world().parameters.books);
  operation_->lines = {{book, 1}};
  auto& statistics = world().statistics;
  const int dice = random.below(100);
  if (dice < 70) {
    ++statistics.reads;
  } else if (dice < 80) {
    operation_->kind = OperationKind::set_price;
    operation_->price = random.between(100, 9'999);
    if (random.chance(0.5) && versions_.contains(book)) if_match_ = versions_[book];
    ++statistics.price_edits;
  } else if (dice < 86) {
    operation_->kind = OperationKind::add_stock;
    operation_->lines.front().count = random.between(-3, 6);
    ++statistics.stock_changes;
  } else {
    operation_->kind = OperationKind::buy;
    choose_lines();
    ++statistics.purchases;
  }
}

void Client::choose_lines() {
  Random& random = world().random;
  const int books = world().parameters.books;
  operation_->lines.front().count = random.between(1, 3);
  if (books == 1 || random.chance(0.7)) return;
  const Book second = (operation_->lines.front().book + 1 + random.below(books - 1)) % books;
  operation_->lines.push_back({second, random.between(1, 3)});
}

/// In a storm also one that is down; when all is to become well, one that serves.
Frontend& Client::any_frontend() const {
  std::vector<Frontend*> candidates;
  for (const auto& frontend : world().frontends) {
    if (world().stormy || frontend->alive()) candidates.push_back(frontend.get());
  }
  if (candidates.empty()) return *world().frontends.front();
  return *candidates[world().random.below(candidates.size())];
}

bool Client::may_repeat() const {
  return operation_->kind == OperationKind::buy || operation_->kind == OperationKind::add_stock;
}

void Client::send() {
  Frontend& frontend = any_frontend();
  if (operation_->kind == OperationKind::read) return send_read(frontend);
  send_write(frontend);
}

void Client::send_read(Frontend& frontend) {
  const Book book = operation_->lines.front().book;
  call<std::optional<ReadAnswer>>(
      frontend, [&] { return describe(*operation_); }, world().parameters.call_timeout * 3,
      [&frontend, book](const Respond<std::optional<ReadAnswer>>& respond) { frontend.read(book, respond); },
      [this, id = operation_->id](const std::optional<std::optional<ReadAnswer>>& answer) {
        read_answered(id, answer.value_or(std::nullopt));
      });
}

WriteRequest Client::request() {
  const OperationId id = operation_->id;
  const Key key = id * keys_per_operation + (world().rules.retry_keeps_key ? 0 : attempt_);
  const Line& line = operation_->lines.front();
  if (operation_->kind == OperationKind::set_price)
    return SetPrice{id, line.book, operation_->price, if_match_};
  if (operation_->kind == OperationKind::add_stock) return AddStock{id, key, line.book, line.count, {}};
  return Buy{id, key, operation_->lines, false};
}

void Client::send_write(Frontend& frontend) {
  const bool unsafe = operation_->kind == OperationKind::set_price && !if_match_;
  call<std::optional<WriteAnswer>>(
      frontend, [&] { return describe(*operation_); }, world().parameters.call_timeout * 5,
      [&frontend, request = request()](const Respond<std::optional<WriteAnswer>>& respond) {
        frontend.write(request, respond);
      },
      [this, id = operation_->id](const std::optional<std::optional<WriteAnswer>>& answer) {
        write_answered(id, answer.value_or(std::nullopt));
      },
      unsafe ? Repeatable::no : Repeatable::yes);
}

void Client::read_answered(OperationId id, const std::optional<ReadAnswer>& answer) {
  if (!operation_ || operation_->id != id) return;
  if (!answer) return end();
  operation_->outcome = Outcome::done;
  operation_->epoch = answer->epoch;
  operation_->seen = answer->value;
  operation_->version = answer->value.version;
  versions_[operation_->lines.front().book] = answer->value.version;
  end();
}

void Client::write_answered(OperationId id, const std::optional<WriteAnswer>& answer) {
  if (!operation_ || operation_->id != id) return;
  if (!answer) return try_again();
  operation_->epoch = answer->epoch;
  operation_->prices = answer->prices;
  operation_->version = answer->version;
  operation_->outcome = answer->outcome;
  // A condition that does not hold may be one's own edit, sent twice, that has changed the version.
  if (operation_->kind == OperationKind::set_price && answer->outcome == Outcome::refused) {
    operation_->outcome = Outcome::unknown;
  }
  if (operation_->kind == OperationKind::buy && answer->outcome == Outcome::refused) {
    ++world().statistics.purchases_refused;
  }
  end();
}

void Client::try_again() {
  if (!may_repeat() || ++attempt_ >= most_attempts) return end();
  after_true(world().random.around<microseconds>(world().parameters.think_time), [this, id = operation_->id] {
    if (operation_ && operation_->id == id) send();
  });
}

void Client::end() {
  if (operation_->outcome == Outcome::unknown) ++world().statistics.unknown_outcomes;
  const bool known = operation_->outcome != Outcome::unknown;
  world().checker.answered(*operation_);
  operation_.reset();
  if (when_done_) std::exchange(when_done_, nullptr)(known);
  think();
}

void Client::edit(Frontend& frontend, const std::function<void(bool)>& done) {
  when_done_ = done;
  begin();
  operation_->kind = OperationKind::set_price;
  operation_->lines = {{0, 1}};
  operation_->price = world().random.between(100, 9'999);
  if_match_.reset();
  send_write(frontend);
}

void Client::probe(Frontend& frontend) {
  begin();
  operation_->kind = OperationKind::read;
  operation_->lines = {{0, 1}};
  send_read(frontend);
}

}  // namespace bazar::simulation
