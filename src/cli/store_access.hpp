#pragma once

#include <CLI/App.hpp>
#include <optional>
#include <string>

#include "http/client.hpp"

namespace bazar::cli {

/// The flags of the commands that call a running store.
struct StoreFlags {
  std::string url = "http://localhost:8080";
  std::string token_file;
  std::string data;
};
void add_url_flag(CLI::App& command, StoreFlags& flags);
void add_token_flags(CLI::App& command, StoreFlags& flags);

/// From --token-file, $BAZAR_TOKEN_FILE or the store's folder, in this order. Throws UsageError where there
/// is none.
[[nodiscard]] std::string shopkeeper_token(const StoreFlags& flags);

/// How long to go on asking.
struct Patience {
  milliseconds total{10'000};     ///< once the store may have got the request
  milliseconds unreached{2'000};  ///< while there was no connection at all
  milliseconds attempt{5'000};    ///< for one answer
};

/// What became of a request that was sent as often as it took.
struct Delivery {
  std::optional<http::ClientResponse> response;  ///< the last answer
  bool settled = false;           ///< that answer is the store's last word, not "ask again later"
  bool may_have_arrived = false;  ///< where not settled: whether any try may have taken effect
};

/// Sends until the store gives an answer that asking again would not change, and waits between tries as
/// Retry-After says. Only for requests that may be sent twice.
Task<Delivery> deliver(http::Client& client, http::Endpoint store, http::ClientRequest request,
                       Patience patience);

/// How long to wait after the try with this number (from 0): doubles from 100 ms to 2 s, and no less than
/// `Retry-After` in seconds.
[[nodiscard]] milliseconds retry_delay(unsigned attempt, const std::optional<http::ClientResponse>& answer);

/// Runs `deliver` to its end, again and again over one kept connection. For commands that do one thing after
/// another.
class StoreClient {
 public:
  StoreClient(const std::string& url, std::string token);

  [[nodiscard]] Delivery deliver(http::ClientRequest request, Patience patience = {});
  /// The store's last word. Throws Failure in words a person can act on where it has none.
  [[nodiscard]] http::ClientResponse ask(http::ClientRequest request, Patience patience = {});
  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  std::string url_;
  http::Endpoint endpoint_;
  Loop loop_{1};
  http::Client client_;
};

[[nodiscard]] std::string unreachable(const std::string& url);

/// The text of a refusal for a person, one line: `Out of stock: This book is sold out.`
[[nodiscard]] std::string refusal_text(const http::ClientResponse& response);

/// Text of others, fit for a terminal: without control characters (other than line breaks) and in UTF-8.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace bazar::cli
