#include "cli/transfer/exporter.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/csv.hpp"
#include "catalog/wire.hpp"
#include "cli/failure.hpp"
#include "frontend/routes/replies.hpp"
#include "json/decode.hpp"
#include "json/encode.hpp"
#include "orders/wire.hpp"

namespace bazar::cli {
namespace {

using frontend::money_format;
using frontend::percent_encoded;

constexpr auto page_size = 1'000;

[[noreturn]] void fail(const std::filesystem::path& path) {
  throw Failure(fmt::format("cannot write {}: {}", path.empty() ? "standard output" : path.string(),
                            std::generic_category().message(errno)));
}

http::ClientRequest page_request(std::string target, const std::optional<std::string>& after) {
  if (after) target += "&after=" + percent_encoded(*after);
  return {.target = std::move(target), .headers = {{"Accept", "application/json"}}};
}

template <class Page>
Page read_page(const http::ClientResponse& answer, const json::Format& format) {
  if (answer.status != 200) throw Failure(refusal_text(answer));
  auto page = json::decode<Page>(answer.body, format);
  if (!page) {
    throw Failure(fmt::format("the store's answer is none that this release knows: {} {}", page.error().field,
                              page.error().detail));
  }
  return *std::move(page);
}

/// From whichever service answers, the one that answered last first.
http::ClientResponse ask_any(std::deque<StoreClient>& services, std::size_t& preferred,
                             const http::ClientRequest& request) {
  for (std::size_t tried = 0;; ++tried) {
    try {
      return services[preferred].ask(request, {.total = milliseconds{5'000}});
    } catch (const Failure&) {
      if (tried + 1 == services.size()) throw;
      preferred = (preferred + 1) % services.size();
    }
  }
}

std::string amount(Money money, const std::string& currency) {
  return to_string(money, money_format(currency).money_decimals);
}

}  // namespace

ExportFile::ExportFile(std::filesystem::path path) : path_(std::move(path)) {
  if (path_.empty()) {
    file_ = stdout;
    return;
  }
  temporary_ = path_;
  temporary_ += fmt::format(".{}.part", ::getpid());
  file_ = std::fopen(temporary_.c_str(), "wb");
  if (file_ == nullptr) fail(temporary_);
}

ExportFile::~ExportFile() {
  if (path_.empty() || file_ == nullptr) return;
  std::fclose(file_);
  std::error_code error;
  std::filesystem::remove(temporary_, error);
}

void ExportFile::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) fail(path_);
}

void ExportFile::finish() {
  if (std::fflush(file_) != 0) fail(path_);
  if (path_.empty()) return;
  if (::fsync(::fileno(file_)) != 0 && errno != EINVAL) fail(path_);
  std::fclose(std::exchange(file_, nullptr));
  std::error_code error;
  std::filesystem::rename(temporary_, path_, error);
  if (error) throw Failure(fmt::format("cannot write {}: {}", path_.string(), error.message()));
}

std::uint64_t export_books(StoreClient& store, Format format, ExportFile& out) {
  if (format == Format::csv) out.write(csv_line({book_field_names.begin(), book_field_names.end()}));
  std::uint64_t count = 0;
  std::optional<std::string> after;
  do {
    const auto answer = store.ask(page_request(fmt::format("/info?limit={}", page_size), after));
    const auto page = read_page<catalog::wire::BookList>(answer, frontend::money_format_of(answer.body));
    for (const auto& book : page.books)
      out.write(format == Format::csv ? book_csv_line(book) : book_json_line(book));
    count += page.books.size();
    after = page.next.value;
  } while (after);
  return count;
}

std::uint64_t export_orders(std::deque<StoreClient>& services, Format format, ExportFile& out) {
  if (format == Format::csv) {
    out.write(csv_line(
        {"order_id", "name", "ordered_at", "currency", "total", "book_id", "title", "quantity", "price"}));
  }
  using Page = orders::wire::OrderPage<orders::Order>;
  std::uint64_t count = 0;
  std::size_t preferred = 0;
  std::optional<std::string> after;
  do {
    const auto request = page_request(fmt::format("/orders?all=1&amounts=minor&limit={}", page_size), after);
    const auto page = read_page<Page>(ask_any(services, preferred, request), orders::wire::minor_units);
    for (const auto& order : page.orders)
      out.write(format == Format::csv ? order_csv_lines(order) : order_json_line(order));
    count += page.orders.size();
    after = page.next.value;
  } while (after);
  return count;
}

std::string book_json_line(const catalog::Book& book) {
  const catalog::BookDraft draft{.id = book.id,
                                 .title = book.title,
                                 .topic = book.topic,
                                 .price = book.price,
                                 .currency = book.currency,
                                 .quantity = book.quantity,
                                 .version = std::nullopt,
                                 .authors = book.authors,
                                 .isbn = book.isbn,
                                 .year = book.year,
                                 .language = book.language,
                                 .description = book.description};
  return json::encode(draft, money_format(book.currency)) + '\n';
}

std::string book_csv_line(const catalog::Book& book) {
  return csv_line({std::to_string(book.id.value), book.title, book.topic, amount(book.price, book.currency),
                   book.currency, std::to_string(book.quantity),
                   fmt::format("{}", fmt::join(book.authors.value_or(std::vector<std::string>{}), ", ")),
                   book.isbn.value_or(""), book.year ? std::to_string(*book.year) : "",
                   book.language.value_or(""), book.description.value_or("")});
}

std::string order_json_line(const orders::Order& order) {
  return json::encode(order, money_format(order.currency)) + '\n';
}

std::string order_csv_lines(const orders::Order& order) {
  std::string lines;
  for (const auto& line : order.lines) {
    lines += csv_line({to_string(order.order_id), order.name, to_rfc3339(order.ordered_at), order.currency,
                       amount(order.total, order.currency), std::to_string(line.book_id.value), line.title,
                       std::to_string(line.quantity), amount(line.price, order.currency)});
  }
  return lines;
}

}  // namespace bazar::cli
