#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/money.hpp"
#include "base/text.hpp"
#include "catalog/book.hpp"
#include "catalog/sale.hpp"
#include "cli/role_options.hpp"
#include "cli/shop/shop.hpp"

namespace bazar::cli {
namespace {

/// What the subcommands' flags are read into; those of one that was not named stay as they are.
struct Words {
  std::vector<std::string> words;
  std::string after;
  std::string id;
  std::string amount;
  std::int64_t delta = 0;
  Purchase purchase;

  [[nodiscard]] std::string joined() const { return fmt::format("{}", fmt::join(words, " ")); }
};

// No currency has more than three decimals. Whether the store's has as many, the store knows.
constexpr unsigned most_decimals = 3;

CLI::Validator price_text() {
  return {[](std::string& text) -> std::string {
            return parse_money(text, most_decimals) ? "" : "wants an amount such as 22.35";
          },
          ""};
}

CLI::Validator key_text() {
  return {[](std::string& text) -> std::string {
            return is_visible_ascii_key(text) ? "" : "wants 1 to 255 visible ASCII characters";
          },
          ""};
}

CLI::Validator positive_id() { return whole_number(1, BookId::max); }

class Adder {
 public:
  Adder(CLI::App& app, ShopAction& chosen) : app_(app), chosen_(chosen) {}

  template <class Action>
  CLI::App& add(const std::string& name, const std::string& help, Action action) {
    auto* command = app_.add_subcommand(name, help);
    command->fallthrough();  // --url and the like may stand behind
    command->callback([words = words_, action, &chosen = chosen_] {
      chosen = [words, action](Shop& shop) { action(shop, *words); };
    });
    return *command;
  }

  void add_text(CLI::App& command, const std::string& name) {
    command.add_option(name, words_->words)->required()->expected(1, -1)->type_name("");
  }
  void add_id(CLI::App& command) {
    command.add_option("ID", words_->id, "the book's number")
        ->required()
        ->check(positive_id())
        ->type_name("");
  }
  void add_after(CLI::App& command) {
    command.add_option("--after", words_->after, "the next page, as the last one says")->type_name("CURSOR");
  }
  void add_key(CLI::App& command) {
    command.add_option("--key", words_->purchase.key, "of an earlier try whose outcome is unknown")
        ->check(key_text())
        ->type_name("KEY");
  }
  [[nodiscard]] Words& words() { return *words_; }

 private:
  CLI::App& app_;
  ShopAction& chosen_;
  std::shared_ptr<Words> words_ = std::make_shared<Words>();
};

void add_browsing(Adder& adder) {
  auto& search = adder.add("search", "Books of a topic.",
                           [](Shop& shop, const Words& said) { shop.search(said.joined(), said.after); });
  adder.add_text(search, "TOPIC");
  adder.add_after(search);
  auto& find = adder.add("find", "Books by words of their title, authors or topic.",
                         [](Shop& shop, const Words& said) { shop.find(said.joined(), said.after); });
  adder.add_text(find, "WORDS");
  adder.add_after(find);
  auto& info = adder.add("info", "One book: price and stock.",
                         [](Shop& shop, const Words& said) { shop.info(said.id); });
  adder.add_id(info);
  adder.add("topics", "Every topic and how many books it has.",
            [](Shop& shop, const Words&) { shop.topics(); });
}

void add_buying(Adder& adder) {
  auto& buy = adder.add("buy", "Buy a book.", [](Shop& shop, Words& said) {
    said.purchase.book_id = said.id;
    shop.buy(said.purchase);
  });
  adder.add_id(buy);
  buy.add_option("--name", adder.words().purchase.name, "who buys")->required()->type_name("NAME");
  buy.add_option("--quantity", adder.words().purchase.quantity, "how many")
      ->check(whole_number(1, catalog::max_line_quantity))
      ->type_name("N")
      ->capture_default_str();
  adder.add_key(buy);
  auto& orders = adder.add("orders", "The orders of a customer.",
                           [](Shop& shop, const Words& said) { shop.orders(said.joined(), said.after); });
  adder.add_text(orders, "NAME");
  adder.add_after(orders);
  auto& order = adder.add("order", "One order.", [](Shop& shop, const Words& said) { shop.order(said.id); });
  order.add_option("ORDER_ID", adder.words().id)->required()->type_name("");
}

void add_keeping(Adder& adder) {
  auto& price = adder.add("price", "Shopkeeper: set the price of a book.",
                          [](Shop& shop, const Words& said) { shop.price(said.id, said.amount); });
  adder.add_id(price);
  price.add_option("PRICE", adder.words().amount, "such as 22.35")
      ->required()
      ->check(price_text())
      ->type_name("");
  auto& restock =
      adder.add("restock", "Shopkeeper: copies that arrived, or (below 0) went missing.",
                [](Shop& shop, const Words& said) { shop.restock(said.id, said.delta, said.purchase.key); });
  adder.add_id(restock);
  restock.add_option("DELTA", adder.words().delta, "such as 50 or -3")
      ->required()
      ->check(whole_number(-catalog::max_stock, catalog::max_stock))
      ->type_name("");
  adder.add_key(restock);
}

}  // namespace

void add_shop_actions(CLI::App& app, ShopAction& chosen) {
  Adder adder(app, chosen);
  add_browsing(adder);
  add_buying(adder);
  add_keeping(adder);
}

}  // namespace bazar::cli
