#include "cli/store_access.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/parse.hpp>
#include <cstdlib>

#include "base/text.hpp"
#include "cli/failure.hpp"
#include "cli/role_options.hpp"
#include "cli/up/data_folder.hpp"
#include "cli/up/files.hpp"

namespace bazar::cli {
namespace {

SteadyTime now() { return std::chrono::steady_clock::now(); }

/// Answers that say nothing about the request but "not now".
bool asks_to_come_again(const http::ClientResponse& response) {
  switch (response.status) {
    case 429:
    case 502:
    case 503:
    case 504:
      return true;
    case 409:  // the same key is being decided
      return response.header("Retry-After").has_value();
    default:
      return false;
  }
}

/// Only what leaves no doubt that nothing was sent.
bool never_connected(const Outage& trouble) {
  return dynamic_cast<const http::ConnectFailed*>(&trouble) != nullptr;
}

std::string member_text(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* text = value ? value->if_string() : nullptr;
  return text ? std::string(*text) : std::string();
}

std::string with_detail(std::string title, std::string_view detail) {
  if (detail.empty()) return title;
  return fmt::format("{}: {}", title, detail);
}

}  // namespace

void add_url_flag(CLI::App& command, StoreFlags& flags) {
  command.add_option("--url", flags.url, "the store")
      ->envname("BAZAR_URL")
      ->check(http_url())
      ->type_name("URL")
      ->capture_default_str();
}

void add_token_flags(CLI::App& command, StoreFlags& flags) {
  command.add_option("--token-file", flags.token_file, "the shopkeeper's token (DIR/shopkeeper.token)")
      ->envname("BAZAR_TOKEN_FILE")
      ->type_name("FILE");
  command
      .add_option("--data", flags.data, "the store's folder ($XDG_STATE_HOME/bazar or ~/.local/state/bazar)")
      ->type_name("DIR");
}

std::string shopkeeper_token(const StoreFlags& flags) {
  if (!flags.token_file.empty()) return read_token(flags.token_file);
  const auto folder = flags.data.empty() ? default_data_folder() : std::filesystem::path(flags.data);
  const auto file = folder / "shopkeeper.token";
  if (!std::filesystem::exists(file)) {
    throw UsageError(
        fmt::format("no shopkeeper's token in {}: name one with --token-file, or the store's "
                    "folder with --data",
                    folder.string()));
  }
  return read_token(file);
}

milliseconds retry_delay(unsigned attempt, const std::optional<http::ClientResponse>& answer) {
  const milliseconds backoff{std::min(2'000, 100 << std::min(attempt, 5U))};
  const auto header = answer ? answer->header("Retry-After") : std::nullopt;
  if (!header) return backoff;
  unsigned seconds = 0;
  const auto [end, error] = std::from_chars(header->data(), header->data() + header->size(), seconds);
  if (error != std::errc{} || end != header->data() + header->size() || seconds > 3'600) return backoff;
  return std::max(backoff, milliseconds{seconds * 1'000});
}

Task<Delivery> deliver(http::Client& client, http::Endpoint store, http::ClientRequest request,
                       Patience patience) {
  Delivery delivery;
  const SteadyTime begin = now();
  const LoopExecutor executor = co_await asio::this_coro::executor;
  Timer pause(executor);
  for (unsigned attempt = 0;; ++attempt) {
    const SteadyTime end =
        begin + (delivery.may_have_arrived || attempt == 0 ? patience.total : patience.unreached);
    delivery.response.reset();
    try {
      delivery.response = co_await client.send(store, request, std::min(end, now() + patience.attempt));
      delivery.may_have_arrived = true;
      delivery.settled = !asks_to_come_again(*delivery.response);
    } catch (const Outage& trouble) {
      delivery.may_have_arrived = delivery.may_have_arrived || !never_connected(trouble);
    }
    if (delivery.settled) co_return delivery;
    const SteadyTime give_up = begin + (delivery.may_have_arrived ? patience.total : patience.unreached);
    const SteadyTime again = now() + retry_delay(attempt, delivery.response);
    if (again >= give_up) co_return delivery;
    pause.expires_at(again);
    co_await pause.async_wait(use_task);
  }
}

StoreClient::StoreClient(const std::string& url, std::string token)
    : url_(url),
      endpoint_(http::parse_endpoint(url).value()),
      client_(loop_, {.bearer_token = std::move(token)}) {}

Delivery StoreClient::deliver(http::ClientRequest request, Patience patience) {
  Delivery delivery;
  std::exception_ptr failure;
  loop_.restart();
  asio::co_spawn(loop_, cli::deliver(client_, endpoint_, std::move(request), patience),
                 [&](std::exception_ptr error, Delivery done) {
                   failure = std::move(error);
                   delivery = std::move(done);
                   loop_.stop();
                 });
  loop_.run();
  if (failure) std::rethrow_exception(failure);
  return delivery;
}

http::ClientResponse StoreClient::ask(http::ClientRequest request, Patience patience) {
  auto delivery = deliver(std::move(request), patience);
  if (!delivery.response) {
    throw Failure(delivery.may_have_arrived ? fmt::format("the store at {} does not answer", url_)
                                            : unreachable(url_));
  }
  return *std::move(delivery.response);
}

std::string unreachable(const std::string& url) {
  return fmt::format("cannot reach the store at {}: is it running? start it with ./run", url);
}

std::string refusal_text(const http::ClientResponse& response) {
  const auto type = response.header("Content-Type").value_or("");
  std::string line;
  if (type.starts_with("text/plain")) {
    const std::string text = response.body;
    const auto title_end = std::min(text.find('\n'), text.size());
    auto detail = std::string_view(text).substr(std::min(title_end + 1, text.size()));
    while (detail.ends_with('\n')) detail.remove_suffix(1);
    line = with_detail(text.substr(0, title_end), detail);
  } else {
    boost::system::error_code error;
    const auto value = boost::json::parse(response.body, error);
    if (const auto* object = error ? nullptr : value.if_object()) {
      auto detail = member_text(*object, "detail");
      if (const auto field = member_text(*object, "field"); !field.empty()) detail = field + " " + detail;
      line = with_detail(member_text(*object, "title"), detail);
    }
  }
  if (line.empty()) line = fmt::format("the store answered with status {}", response.status);
  line = printable(line);
  std::ranges::replace(line, '\n', ' ');
  return line;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 1;
    // The longest character of UTF-8 has four bytes.
    while (length < 4 && at + length < text.size() && !is_utf8(text.substr(at, length))) ++length;
    const auto character = text.substr(at, length);
    if (!is_utf8(character)) {
      out += '?';
      ++at;
      continue;
    }
    if (character == "\n" || !has_control_characters(character)) {
      out += character;
    } else {
      out += '?';
    }
    at += length;
  }
  return out;
}

}  // namespace bazar::cli
