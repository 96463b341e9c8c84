#include "batch.hpp"

#include <algorithm>

namespace bazar::simulation {

using audit::Outcome;
using catalog::MemberState;

namespace {

constexpr std::size_t remembered_incarnations = 16;

}  // namespace

Batch::Batch(const State& committed, const Rules& rules, milliseconds lease, std::int64_t& orders)
    : committed_(committed),
      rules_(rules),
      lease_(lease),
      orders_(orders),
      before_(committed.revision),
      revision_(before_),
      books_(committed.books),
      last_change_(books_.size(), Change::none) {}

WriteAnswer Batch::apply(const WriteRequest& request) {
  WriteAnswer answer = std::visit([this](const auto& each) { return decide(each); }, request);
  answer.epoch = committed_.epoch;
  return answer;
}

void Batch::mark_changed(Book book, Change change) {
  const auto place = static_cast<std::size_t>(book);
  if (last_change_[place] == Change::none) {
    books_[place].version = before_ + 1;
    changed_.insert(book);
  } else if (last_change_[place] == Change::edit || change == Change::edit) {
    ++books_[place].version;
  }
  last_change_[place] = change;
  revision_ = std::max(revision_, books_[place].version);
}

std::optional<WriteAnswer> Batch::replay(Key key) {
  const auto own = keys_.find(key);
  const auto committed = committed_.keys.find(key);
  if (own == keys_.end() && committed == committed_.keys.end()) return std::nullopt;
  ++replays_;
  return own != keys_.end() ? own->second : committed->second;
}

void Batch::remember(Key key, const WriteAnswer& answer) {
  if (!rules_.keys_are_kept) return;
  if (!rules_.refusals_are_remembered && answer.outcome == Outcome::refused) return;
  keys_.emplace(key, answer);
}

WriteAnswer Batch::decide(const SetPrice& request) {
  BookValue& book = books_[static_cast<std::size_t>(request.book)];
  if (request.if_match && *request.if_match != book.version) return {.outcome = Outcome::refused};
  book.price = request.price;
  mark_changed(request.book, Change::edit);
  effects_.push_back({request.operation, Outcome::done});
  return {.outcome = Outcome::done, .version = book.version};
}

WriteAnswer Batch::decide(const AddStock& request) {
  if (auto known = replay(request.key)) return *known;
  WriteAnswer answer = change_stock(request);
  remember(request.key, answer);
  effects_.push_back({request.operation, answer.outcome});
  return answer;
}

WriteAnswer Batch::change_stock(const AddStock& request) {
  BookValue& book = books_[static_cast<std::size_t>(request.book)];
  const std::int64_t quantity = request.absolute.value_or(book.quantity + request.delta);
  if (quantity < 0) return {.outcome = Outcome::refused};
  book.quantity = quantity;
  mark_changed(request.book, Change::edit);
  return {.outcome = Outcome::done, .version = book.version};
}

WriteAnswer Batch::decide(const Buy& request) {
  if (auto known = replay(request.key)) return *known;
  WriteAnswer answer = sell(request);
  remember(request.key, answer);
  effects_.push_back({request.operation, answer.outcome});
  return answer;
}

WriteAnswer Batch::sell(const Buy& request) {
  const std::vector<BookValue> before = books_;
  WriteAnswer answer{.outcome = Outcome::done};
  for (const Line& line : request.lines) {
    BookValue& book = books_[static_cast<std::size_t>(line.book)];
    book.quantity -= line.count;
    if (book.quantity < 0 && !request.unconditional) {
      books_ = before;
      return {.outcome = Outcome::refused};
    }
    answer.prices.push_back(book.price);
  }
  for (const Line& line : request.lines) mark_changed(line.book, Change::sale);
  return answer;
}

const MemberRow* Batch::find_member(const std::string& name, const std::string& incarnation) const {
  const auto at = std::ranges::find_if(
      members_, [&](const MemberRow& row) { return row.name == name && row.incarnation == incarnation; });
  return at != members_.end() ? &*at : committed_.find_member(name, incarnation);
}

WriteAnswer Batch::decide(const Enroll& request) {
  WriteAnswer answer{.outcome = Outcome::done, .grant = catalog::Grant{.epoch = committed_.epoch}};
  if (const MemberRow* known = find_member(request.name, request.incarnation)) {
    const bool live = known->state == MemberState::live;
    if (live) answer.grant->lease_ms = known->lease.count();
    return answer;
  }
  for (MemberRow& row : live_namesakes(request.name)) {
    row.state = rules_.registration_keeps_replaced_as_revoked ? MemberState::revoked : MemberState::gone;
    put(row);
    if (row.state == MemberState::revoked) replaced_.push_back(to_holder(row));
  }
  forget_old_incarnations(request.name);
  put({.name = request.name,
       .incarnation = request.incarnation,
       .process = request.process,
       .state = MemberState::live,
       .lease = lease_,
       .order = ++orders_});
  answer.grant->lease_ms = lease_.count();
  return answer;
}

std::vector<MemberRow> Batch::live_namesakes(const std::string& name) const {
  std::vector<MemberRow> namesakes;
  const auto take = [&](const MemberRow& row) {
    if (row.name == name && row.state == MemberState::live) namesakes.push_back(row);
  };
  for (const MemberRow& row : members_) take(row);
  for (const MemberRow& row : committed_.members) {
    if (find_member(row.name, row.incarnation) == &row) take(row);
  }
  return namesakes;
}

void Batch::put(MemberRow row) {
  std::erase_if(members_, [&](const MemberRow& each) {
    return each.name == row.name && each.incarnation == row.incarnation;
  });
  members_.push_back(std::move(row));
}

void Batch::forget_old_incarnations(const std::string& name) {
  std::vector<const MemberRow*> gone;
  for (const MemberRow& row : committed_.members) {
    if (row.name == name && row.state == MemberState::gone) gone.push_back(&row);
  }
  if (gone.size() <= remembered_incarnations) return;
  std::ranges::sort(gone, std::greater(), &MemberRow::order);
  for (std::size_t i = remembered_incarnations; i < gone.size(); ++i) {
    forgotten_.emplace_back(name, gone[i]->incarnation);
  }
}

WriteAnswer Batch::decide(const Retire& request) {
  if (const MemberRow* row = find_member(request.name, request.incarnation)) {
    MemberRow gone = *row;
    gone.state = MemberState::gone;
    put(std::move(gone));
  }
  return {.outcome = Outcome::done};
}

void Batch::set_gone(const std::vector<catalog::Member>& members) {
  for (const catalog::Member& member : members) {
    const MemberRow* row = find_member(member.name, member.incarnation);
    if (!row) continue;
    MemberRow gone = *row;
    gone.state = MemberState::gone;
    put(std::move(gone));
  }
}

void Batch::commit_to(State& state) const {
  for (const Book book : changed_) {
    const auto place = static_cast<std::size_t>(book);
    state.books[place] = books_[place];
  }
  state.revision = std::max(state.revision, revision_);
  for (const auto& [name, incarnation] : forgotten_) {
    std::erase_if(state.members, [&](const MemberRow& row) {
      return row.name == name && row.incarnation == incarnation && row.state == MemberState::gone;
    });
  }
  for (const MemberRow& row : members_) state.raise(row);
  if (!rules_.gone_incarnation_stays_gone) {
    std::erase_if(state.members, [](const MemberRow& row) { return row.state == MemberState::gone; });
  }
  for (const auto& [key, answer] : keys_) state.keys.emplace(key, answer);
}

}  // namespace bazar::simulation
