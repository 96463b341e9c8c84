#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/commands.hpp"
#include "cli/failure.hpp"
#include "cli/shop/prompt.hpp"
#include "cli/shop/shop.hpp"

namespace bazar::cli {
namespace {

struct ShopCommand {
  StoreFlags store;
  bool json = false;
  ShopAction action;
};

int run(const ShopCommand& command) {
  Shop shop(command.store, command.json, stdout);
  if (!command.action) return run_prompt(shop, command.store.url);
  command.action(shop);
  return exit_done;
}

}  // namespace

void add_shop(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand("shop", "Browse and buy; the shopkeeper's prices and stock.");
  auto shop = std::make_shared<ShopCommand>();
  add_url_flag(*command, shop->store);
  add_token_flags(*command, shop->store);
  command->add_flag("--json", shop->json, "answers as the store's JSON");
  command->require_subcommand(0, 1);
  add_shop_actions(*command, shop->action);
  command->footer(
      "Examples:\n  bazar shop                                     a prompt\n"
      "  bazar shop search distributed systems\n  bazar shop buy 2 --name Hiba --quantity 3\n"
      "  bazar shop --json info 2\n  bazar shop restock 2 50");
  command->callback([shop, &chosen] { chosen = [shop] { return run(*shop); }; });
}

}  // namespace bazar::cli
