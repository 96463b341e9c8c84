#include "audit/workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <functional>
#include <random>

#include "audit/store_calls.hpp"
#include "base/assert.hpp"

namespace bazar::audit {
namespace {

using Meaning = Answer::Meaning;

SteadyTime now() { return std::chrono::steady_clock::now(); }

constexpr int longest_retry_pause_ms = 100;
constexpr std::int64_t most_arriving = 60;
constexpr std::int64_t most_taken_away = 5;
constexpr std::int64_t most_expensive_minor = 99'999;

/// A change of stock, to ask again about.
struct StockChange {
  std::string key;
  std::size_t book_index = 0;
  std::size_t operation = 0;
};

}  // namespace

class Workload::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(Loop& loop, WorkloadOptions options, Record& record)
      : loop_(loop),
        options_(std::move(options)),
        record_(record),
        calls_(loop, options_.shopkeeper_token),
        random_(options_.seed),
        all_ended_(loop.get_executor()) {
    BAZAR_ASSERT(!options_.frontends.empty(), "a workload needs somewhere to go");
    BAZAR_ASSERT(!record_.books.empty(), "a workload needs books");
    all_ended_.expires_at(SteadyTime::max());
  }

  Task<> run();
  void stop() { stopping_ = true; }
  Task<> settle();

 private:
  using Try = std::function<Task<Answer>(http::Endpoint, SteadyTime)>;

  Task<> live(std::uint32_t client);
  Task<> do_something(std::uint32_t client);
  Task<> look_up(std::uint32_t client, std::size_t book);
  Task<> set_price(std::uint32_t client, std::size_t book);
  Task<> add_stock(std::uint32_t client, std::size_t book);
  Task<> buy(std::uint32_t client, std::size_t book, bool twice_at_once);
  Task<> replay();

  Task<> ask_for(std::size_t purchase, SteadyTime until);
  Task<> ask_for(StockChange change, SteadyTime until);
  Task<> read_everything(SteadyTime until);
  Task<Answer> insist(OperationKind kind, Try attempt, SteadyTime until);

  std::size_t begin(std::size_t book, Operation operation);
  void conclude(Operation& operation, const Answer& answer);
  void conclude_purchase(std::size_t purchase, const Answer& answer);
  void count(OperationKind kind, const Answer& answer);

  /// Starts a coroutine that `run` waits for.
  void spawn(Task<> task);
  Task<> wait_for_all();
  Task<> pause(int longest_ms);
  std::int64_t pick(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random_);
  }
  const http::Endpoint& any_frontend() {
    return options_.frontends[static_cast<std::size_t>(pick(0, std::ssize(options_.frontends) - 1))];
  }

  Loop& loop_;
  WorkloadOptions options_;
  Record& record_;
  StoreCalls calls_;
  std::mt19937_64 random_;
  std::vector<StockChange> stock_changes_;
  bool stopping_ = false;
  std::size_t running_ = 0;
  std::exception_ptr failure_;
  Timer all_ended_;
};

void Workload::Impl::spawn(Task<> task) {
  ++running_;
  asio::co_spawn(loop_.get_executor(), std::move(task),
                 [self = shared_from_this()](std::exception_ptr failure) {
                   if (failure) {
                     self->failure_ = failure;
                     self->stopping_ = true;
                   }
                   --self->running_;
                   self->all_ended_.cancel();
                 });
}

Task<> Workload::Impl::wait_for_all() {
  while (running_ > 0) {
    boost::system::error_code cancelled;
    co_await all_ended_.async_wait(asio::redirect_error(use_task, cancelled));
  }
  if (failure_) std::rethrow_exception(failure_);
}

Task<> Workload::Impl::pause(int longest_ms) {
  Timer timer(loop_.get_executor());
  timer.expires_after(std::chrono::microseconds(pick(0, std::int64_t{longest_ms} * 1'000)));
  co_await timer.async_wait(use_task);
}

Task<> Workload::Impl::run() {
  for (std::uint32_t client = 0; client < options_.clients; ++client) spawn(live(client));
  while (!stopping_ && running_ > 0) co_await pause(20);
  co_await wait_for_all();
}

Task<> Workload::Impl::live(std::uint32_t client) {
  while (!stopping_) {
    co_await do_something(client);
    co_await pause(static_cast<int>(options_.pause.count()));
  }
}

Task<> Workload::Impl::do_something(std::uint32_t client) {
  const Mix& mix = options_.mix;
  const auto book = static_cast<std::size_t>(pick(0, std::ssize(record_.books) - 1));
  const unsigned sum =
      mix.read + mix.buy + mix.buy_twice_at_once + mix.replay + mix.set_price + mix.add_stock;
  auto dice = pick(0, std::int64_t{sum} - 1);
  const auto falls_in = [&dice](unsigned share) { return (dice -= share) < 0; };
  if (falls_in(mix.read)) co_return co_await look_up(client, book);
  if (falls_in(mix.buy)) co_return co_await buy(client, book, false);
  if (falls_in(mix.buy_twice_at_once)) co_return co_await buy(client, book, true);
  if (falls_in(mix.replay)) co_return co_await replay();
  if (falls_in(mix.set_price)) co_return co_await set_price(client, book);
  co_await add_stock(client, book);
}

std::size_t Workload::Impl::begin(std::size_t book, Operation operation) {
  operation.invoked = now();
  auto& history = record_.books[book].history;
  history.push_back(operation);
  return history.size() - 1;
}

void Workload::Impl::conclude(Operation& operation, const Answer& answer) {
  if (answer.meaning == Meaning::strange) return;
  operation.answered = now();
  operation.outcome = answer.meaning == Meaning::done ? Outcome::done : Outcome::refused;
  operation.version = answer.version;
}

void Workload::Impl::count(OperationKind kind, const Answer& answer) {
  if (answer.meaning == Meaning::strange) record_.strange.push_back(answer.text);
  if (answer.is_definite()) {
    record_.availability.answered(kind, now());
  } else {
    record_.availability.failed(kind, answer.text);
  }
}

Task<> Workload::Impl::look_up(std::uint32_t client, std::size_t book) {
  Operation read{.kind = OperationKind::read, .outcome = Outcome::done, .client = client, .invoked = now()};
  record_.availability.tried(OperationKind::read, read.invoked);
  const Answer answer =
      co_await calls_.read(any_frontend(), record_.books[book].id, read.invoked + options_.try_timeout);
  count(OperationKind::read, answer);
  if (answer.meaning != Meaning::done) co_return;
  conclude(read, answer);
  read.seen = answer.seen;
  record_.books[book].history.push_back(read);
}

Task<> Workload::Impl::set_price(std::uint32_t client, std::size_t book) {
  const Money price{pick(1, most_expensive_minor)};
  const auto edit =
      begin(book, {.kind = OperationKind::set_price, .client = client, .seen = {.price = price}});
  record_.availability.tried(OperationKind::set_price, now());
  const Answer answer =
      co_await calls_.set_price(any_frontend(), record_.books[book].id, price, now() + options_.try_timeout);
  count(OperationKind::set_price, answer);
  // What was not sent has not happened, as what was refused.
  const bool known = answer.meaning == Meaning::done || answer.meaning == Meaning::not_sent;
  if (known) conclude(record_.books[book].history[edit], answer);
}

// Sends until there is a definite answer, through any front-end.
Task<Answer> Workload::Impl::insist(OperationKind kind, Try attempt, SteadyTime until) {
  while (true) {
    record_.availability.tried(kind, now());
    Answer answer = co_await attempt(any_frontend(), std::min(until, now() + options_.try_timeout));
    count(kind, answer);
    if (answer.is_definite() || now() >= until) co_return answer;
    co_await pause(longest_retry_pause_ms);
  }
}

Task<> Workload::Impl::add_stock(std::uint32_t client, std::size_t book) {
  const bool arrives = pick(0, 3) > 0;
  Operation change{.kind = OperationKind::add_stock, .client = client};
  change.count = arrives ? pick(1, most_arriving) : -pick(1, most_taken_away);
  const StockChange made{.key = fmt::format("{}-stock-{}", options_.name, stock_changes_.size()),
                         .book_index = book,
                         .operation = begin(book, change)};
  stock_changes_.push_back(made);
  co_await ask_for(made, now() + options_.patience);
}

Task<> Workload::Impl::ask_for(StockChange change, SteadyTime until) {
  const BookRecord& book = record_.books[change.book_index];
  const std::int64_t delta = book.history[change.operation].count;
  const Answer answer = co_await insist(
      OperationKind::add_stock,
      [this, id = book.id, delta, key = change.key](http::Endpoint frontend, SteadyTime deadline) {
        return calls_.add_stock(std::move(frontend), id, delta, key, deadline);
      },
      until);
  if (answer.is_definite()) conclude(record_.books[change.book_index].history[change.operation], answer);
}

Task<> Workload::Impl::buy(std::uint32_t client, std::size_t book, bool twice_at_once) {
  const std::int64_t copies = pick(1, options_.most_copies);
  PurchaseRecord purchase{.key = fmt::format("{}-{}", options_.name, record_.purchases.size()),
                          .name = fmt::format("{}-{}", options_.name, client),
                          .book = record_.books[book].id,
                          .copies = copies,
                          .book_index = book};
  purchase.operation = begin(book, {.kind = OperationKind::buy, .client = client, .count = copies});
  const std::size_t index = record_.purchases.size();
  record_.purchases.push_back(std::move(purchase));
  const SteadyTime until = now() + options_.patience;
  if (twice_at_once) spawn(ask_for(index, until));
  co_await ask_for(index, until);
}

Task<> Workload::Impl::replay() {
  if (record_.purchases.empty()) co_return;
  const auto purchase = static_cast<std::size_t>(pick(0, std::ssize(record_.purchases) - 1));
  if (record_.purchases[purchase].outcome == Outcome::unknown) co_return;
  ++record_.replays;
  co_await ask_for(purchase, now() + options_.patience);
}

Task<> Workload::Impl::ask_for(std::size_t purchase, SteadyTime until) {
  const PurchaseRecord asked = record_.purchases[purchase];
  const Answer answer = co_await insist(
      OperationKind::buy,
      [this, &asked](http::Endpoint frontend, SteadyTime deadline) {
        return calls_.buy(std::move(frontend), asked.book, asked.copies, asked.name, asked.key, deadline);
      },
      until);
  if (answer.is_definite()) conclude_purchase(purchase, answer);
}

// The first answer is the one that counts; all others must repeat it.
void Workload::Impl::conclude_purchase(std::size_t index, const Answer& answer) {
  PurchaseRecord& purchase = record_.purchases[index];
  if (purchase.outcome != Outcome::unknown) {
    if (answer.text != purchase.answer)
      record_.changed.push_back({purchase.key, purchase.answer, answer.text});
    return;
  }
  if (answer.meaning == Meaning::strange) return;
  Operation& operation = record_.books[purchase.book_index].history[purchase.operation];
  conclude(operation, answer);
  operation.seen.price = answer.receipt.price;
  purchase.outcome = operation.outcome;
  purchase.receipt = answer.receipt;
  purchase.answer = answer.text;
}

Task<> Workload::Impl::settle() {
  stopping_ = true;
  const SteadyTime until = now() + options_.patience;
  for (std::size_t i = 0; i < record_.purchases.size(); ++i) {
    if (record_.purchases[i].outcome == Outcome::unknown) co_await ask_for(i, until);
  }
  for (const StockChange& change : stock_changes_) {
    const Operation& operation = record_.books[change.book_index].history[change.operation];
    if (operation.outcome == Outcome::unknown) co_await ask_for(change, until);
  }
  co_await read_everything(until);
}

Task<> Workload::Impl::read_everything(SteadyTime until) {
  for (BookRecord& book : record_.books) {
    for (const http::Endpoint& frontend : options_.frontends) {
      Operation read{.kind = OperationKind::read, .outcome = Outcome::done, .client = options_.clients};
      Answer answer;
      do {
        read.invoked = now();
        answer = co_await calls_.read(frontend, book.id, std::min(until, now() + options_.try_timeout));
        if (!answer.is_definite()) co_await pause(longest_retry_pause_ms);
      } while (!answer.is_definite() && now() < until);
      if (answer.meaning == Meaning::strange) record_.strange.push_back(answer.text);
      if (answer.meaning != Meaning::done) continue;
      conclude(read, answer);
      read.seen = answer.seen;
      book.history.push_back(read);
    }
  }
}

Workload::Workload(Loop& loop, WorkloadOptions options, Record& record)
    : impl_(std::make_shared<Impl>(loop, std::move(options), record)) {}
Workload::~Workload() = default;
Task<> Workload::run() { return impl_->run(); }
void Workload::stop() { impl_->stop(); }
Task<> Workload::settle() { return impl_->settle(); }

Task<BookRecord> read_initial(Loop& loop, http::Endpoint frontend, BookId id, milliseconds patience) {
  StoreCalls calls(loop, "");
  const SteadyTime until = now() + patience;
  Timer timer(loop.get_executor());
  while (true) {
    const Answer answer = co_await calls.read(frontend, id, until);
    if (answer.meaning == Meaning::done)
      co_return BookRecord{.id = id, .initial = answer.seen, .history = {}};
    if (answer.meaning == Meaning::strange || now() >= until)
      throw Unavailable("the book cannot be read: " + answer.text);
    timer.expires_after(milliseconds(longest_retry_pause_ms));
    co_await timer.async_wait(use_task);
  }
}

}  // namespace bazar::audit
