#pragma once

#include <cstdio>
#include <functional>
#include <optional>
#include <string>

#include "cli/store_access.hpp"

namespace CLI {
class App;
}

namespace bazar::cli {

struct Purchase {
  std::string book_id;
  std::string name;
  std::int64_t quantity = 1;
  std::string key;  ///< empty: one is made
};

/// What a shopper or shopkeeper does at the store, each with its answer printed on `out`. All throw Failure
/// with the store's reason where it refuses.
class Shop {
 public:
  Shop(StoreFlags flags, bool json, std::FILE* out);

  void search(const std::string& topic, const std::string& after);
  void find(const std::string& words, const std::string& after);
  void info(const std::string& book_id);
  void topics();
  void buy(Purchase purchase);
  void orders(const std::string& name, const std::string& after);
  void order(const std::string& order_id);
  /// With the shopkeeper's token, read when first needed.
  void price(const std::string& book_id, const std::string& price);
  void restock(const std::string& book_id, std::int64_t delta, std::string key);

 private:
  [[nodiscard]] http::ClientRequest get(std::string target) const;
  void show(http::ClientRequest request);
  void print(const http::ClientResponse& response);
  /// Sends a request that carries `key` until its outcome is known. Throws Failure that names the key where
  /// it stays unknown.
  http::ClientResponse settle(StoreClient& client, http::ClientRequest request, const std::string& what,
                              const std::string& key);
  StoreClient& shopkeeper();

  StoreFlags flags_;
  bool json_;
  std::FILE* out_;
  StoreClient shopper_;
  std::optional<StoreClient> shopkeeper_;
};

using ShopAction = std::function<void(Shop&)>;

/// Adds the shop's subcommands to a command line or to the prompt's; the one that is named sets `chosen`.
void add_shop_actions(CLI::App& app, ShopAction& chosen);

/// `more: /search?q=x&after=7` at the end of a list becomes `more: --after 7`.
[[nodiscard]] std::string with_cursor_flag(std::string text);

}  // namespace bazar::cli
