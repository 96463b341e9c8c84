#include "cli/transfer/importer.hpp"

#include <fmt/format.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json/parse.hpp>
#include <csignal>

#include "catalog/wire.hpp"
#include "cli/failure.hpp"
#include "json/decode.hpp"
#include "json/encode.hpp"

namespace bazar::cli {
namespace {

namespace wire = catalog::wire;

// One is committed while the next is parsed. More at once were 3 % quicker (the store's writer is the
// bottleneck), but batches would overtake each other: so books are numbered in the order of the file.
constexpr std::size_t max_in_flight = 1;
// One row more, of the largest size, still fits into what the store takes.
constexpr std::size_t full_batch_bytes = wire::batch_body_bytes - 2 * max_row_bytes;
constexpr Patience patience{
    .total = milliseconds{60'000}, .unreached = milliseconds{60'000}, .attempt = milliseconds{30'000}};

template <class Rows>
std::string batch_body(const Rows& rows) {
  std::size_t bytes = 16;
  for (const auto& row : rows) bytes += row.json.size() + 1;
  std::string body;
  body.reserve(bytes);
  body = R"({"items":[)";
  for (const auto& row : rows) {
    if (&row != rows.data()) body += ',';
    body += row.json;
  }
  return body += "]}";
}

/// 12 of a refusal whose `field` is `items[12].book.price`.
std::optional<std::size_t> refused_item(const http::ClientResponse& answer) {
  if (answer.status != 400) return std::nullopt;
  boost::system::error_code error;
  const auto problem = boost::json::parse(answer.body, error);
  const auto* object = error ? nullptr : problem.if_object();
  const auto* field = object ? object->if_contains("field") : nullptr;
  if (field == nullptr || !field->is_string()) return std::nullopt;
  std::string_view path = field->get_string();
  constexpr std::string_view items = "items[";
  if (!path.starts_with(items)) return std::nullopt;
  path.remove_prefix(items.size());
  std::size_t index = 0;
  const auto [end, fault] = std::from_chars(path.data(), path.data() + path.size(), index);
  if (fault != std::errc{} || end == path.data() + path.size() || *end != ']') return std::nullopt;
  return index;
}

std::string refusal_of(const wire::ImportResult& result) {
  if (result.result == "id_taken") return "its id is that of another book in the store";
  return fmt::format("{} {}", result.field.value_or(""), result.detail.value_or("refused by the store"));
}

}  // namespace

Importer::Importer(Loop& loop, http::Client& client, std::string store_url, RowSource& source,
                   RejectsFile& rejects, ImportOptions options)
    : loop_(loop),
      client_(client),
      url_(std::move(store_url)),
      store_(http::parse_endpoint(url_).value()),
      source_(source),
      rejects_(rejects),
      options_(std::move(options)),
      changed_(loop) {}

Task<ImportTotals> Importer::run() {
  asio::basic_signal_set<LoopExecutor> signals(loop_.get_executor(), SIGINT, SIGTERM);
  signals.async_wait([this](boost::system::error_code error, int) {
    if (error) return;
    totals_.interrupted = true;
    changed_.cancel();
  });
  co_await send_all();
  if (failure_) std::rethrow_exception(failure_);
  co_return totals_;
}

Task<> Importer::send_all() {
  while (!at_end_ && !totals_.interrupted && !failure_) {
    // Parsing holds the loop: answers and signals have their turn between two batches.
    co_await asio::post(loop_, use_task);
    auto batch = next_batch();
    while (in_flight_ >= max_in_flight && !failure_) co_await wait_for_change();
    if (!batch.empty() && !failure_) start(std::move(batch));
  }
  while (in_flight_ > 0) co_await wait_for_change();
}

Task<> Importer::wait_for_change() {
  changed_.expires_at(SteadyTime::max());
  boost::system::error_code cancelled;
  co_await changed_.async_wait(asio::redirect_error(use_task, cancelled));
}

Importer::Batch Importer::next_batch() {
  Batch batch;
  batch.reserve(wire::max_import_items);
  batch_bytes_ = 0;
  try {
    while (batch.size() < wire::max_import_items && batch_bytes_ < full_batch_bytes) {
      auto row = source_.next();
      if (!row) {
        at_end_ = true;
        break;
      }
      add(batch, *std::move(row));
    }
  } catch (const Failure&) {
    // The rows before are sound: they are sent before it is said what became of the rest.
    at_end_ = true;
    failure_ = std::current_exception();
    if (!batch.empty()) start(std::exchange(batch, {}));
  }
  bar_.show(totals_.imported + totals_.present + rejects_.count(), source_.bytes_read(), options_.file_bytes);
  return batch;
}

void Importer::add(Batch& batch, SourceRow row) {
  auto made = row.fields ? make_row(*std::move(row.fields), options_.defaults, options_.currency)
                         : std::unexpected(std::move(row.fields.error()));
  if (!made) {
    rejects_.add(row.line, made.error(), row.text);
    return;
  }
  totals_.warnings += made->warnings;
  const json::Format format{.money_decimals = options_.currency.decimals};
  batch.push_back({row.line, std::move(row.text), json::encode(made->row, format)});
  batch_bytes_ += batch.back().json.size() + 1;
}

void Importer::start(Batch batch) {
  ++in_flight_;
  asio::co_spawn(loop_, send(*this, std::move(batch)), [this](std::exception_ptr error) {
    --in_flight_;
    if (error && !failure_) failure_ = std::move(error);
    changed_.cancel();
  });
}

Task<> Importer::send(Importer& self, Batch batch) {
  while (!batch.empty()) {
    http::ClientRequest request{.method = http::Method::post,
                                .target = "/books/batch",
                                .headers = {{"Accept", "application/json"}},
                                .body = batch_body(batch)};
    const auto delivery = co_await deliver(self.client_, self.store_, std::move(request), patience);
    if (!delivery.settled) {
      throw Failure(delivery.may_have_arrived || self.totals_.imported + self.totals_.present > 0
                        ? fmt::format("the store at {} does not answer any more; run the same import again "
                                      "to go on from here",
                                      self.url_)
                        : unreachable(self.url_));
    }
    self.settle(batch, *delivery.response);
  }
}

void Importer::settle(Batch& batch, const http::ClientResponse& answer) {
  if (answer.status == 200) {
    count_results(batch, answer.body);
    batch.clear();
  } else if (!drop_refused(batch, answer)) {
    throw Failure(refusal_text(answer));
  }
}

void Importer::count_results(const Batch& batch, std::string_view body) {
  const auto answer = json::decode<wire::ImportResults>(body);
  if (!answer || answer->results.size() != batch.size())
    throw Failure("the store's answer to a batch is none that this release knows");
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto& result = answer->results[i];
    if (result.result == "created") {
      ++totals_.imported;
    } else if (result.result == "present") {
      ++totals_.present;
    } else {
      rejects_.add(batch[i].line, refusal_of(result), batch[i].text);
    }
  }
}

bool Importer::drop_refused(Batch& batch, const http::ClientResponse& answer) {
  const auto index = refused_item(answer);
  if (!index || *index >= batch.size()) return false;
  rejects_.add(batch[*index].line, refusal_text(answer), batch[*index].text);
  batch.erase(batch.begin() + static_cast<std::ptrdiff_t>(*index));
  return true;
}

}  // namespace bazar::cli
