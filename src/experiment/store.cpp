#include "experiment/store.hpp"

#include <fmt/format.h>

#include <fstream>
#include <stdexcept>

#include "base/random.hpp"

namespace bazar::experiment {
namespace {

/// Of the last lines that a failed process has printed.
constexpr std::size_t most_output = 400;

[[noreturn]] void fail(const std::string& what, const ChildProcess& process) {
  const std::string output = process.output();
  throw std::runtime_error(fmt::format("{} has ended: {}", what,
                                       output.substr(output.size() - std::min(output.size(), most_output))));
}

/// The address of the line `ready URL`, once it is there.
std::optional<http::Endpoint> ready_endpoint(const ChildProcess& process) {
  constexpr std::string_view word = "\nready ";
  const std::string printed = "\n" + process.output();
  const auto at = printed.find(word);
  const auto end = at == std::string::npos ? at : printed.find('\n', at + 1);
  if (end == std::string::npos) return std::nullopt;
  return http::parse_endpoint(printed.substr(at + word.size(), end - at - word.size()));
}

}  // namespace

Store::Store(const StorePrograms& programs, const StoreSetup& setup, const std::filesystem::path& folder)
    : programs_(programs), folder_(folder), on_write_(setup.on_write) {
  std::filesystem::create_directories(folder_);
  if (setup.frontends > 0) {
    start_supervised(setup);
  } else {
    start_catalog_alone();
  }
}

void Store::start_supervised(const StoreSetup& setup) {
  supervisor_ = std::make_unique<ChildProcess>(
      programs_.start,
      std::vector<std::string>{"up", "--port", "0", "--data", folder_.string(), "--frontends",
                               fmt::to_string(setup.frontends), "--catalogs", fmt::to_string(setup.catalogs),
                               "--orders", fmt::to_string(setup.orders), "--cache", setup.cache, "--on-write",
                               setup.on_write},
      folder_ / "up.log");
}

void Store::start_catalog_alone() {
  const auto token_file = folder_ / "service.token";
  std::ofstream(token_file) << random_hex(16) << '\n';
  catalog_ = std::make_unique<ChildProcess>(
      programs_.start,
      std::vector<std::string>{"catalog", "--name", "catalog-1", "--port", "0", "--database",
                               "sqlite:" + folder_.string(), "--service-token-file", token_file.string(),
                               "--on-write", on_write_, "--demo-books"},
      folder_ / "catalog.log");
}

void Store::start_orders_alone(const http::Endpoint& catalog) {
  orders_ = std::make_unique<ChildProcess>(
      programs_.start,
      std::vector<std::string>{"orders", "--name", "orders-1", "--port", "0", "--database",
                               "sqlite:" + folder_.string(), "--catalog", http::to_url(catalog),
                               "--service-token-file", (folder_ / "service.token").string()},
      folder_ / "orders.log");
}

bool Store::is_ready() {
  if (supervisor_) {
    if (!supervisor_->running()) fail("bazar up", *supervisor_);
    return ready_endpoint(*supervisor_).has_value();
  }
  if (!catalog_->running()) fail("bazar catalog", *catalog_);
  const auto catalog = ready_endpoint(*catalog_);
  if (!catalog) return false;
  if (!orders_) start_orders_alone(*catalog);
  if (!orders_->running()) fail("bazar orders", *orders_);
  return ready_endpoint(*orders_).has_value();
}

void Store::ask_to_end() {
  for (auto* process : {&supervisor_, &orders_, &catalog_}) {
    if (*process) (*process)->ask_to_end();
  }
}

std::vector<StoreMember> Store::members() const {
  if (!supervisor_) {
    return {{.role = "catalog", .name = "catalog-1", .endpoint = ready_endpoint(*catalog_).value()},
            {.role = "orders", .name = "orders-1", .endpoint = ready_endpoint(*orders_).value()}};
  }
  return programs_.read_members(folder_ / "members.json");
}

std::vector<http::Endpoint> Store::endpoints(const std::string& role) const {
  std::vector<http::Endpoint> found;
  for (const StoreMember& member : members()) {
    if (member.role == role) found.push_back(member.endpoint);
  }
  return found;
}

std::string Store::token(const std::string& name) const {
  std::string line;
  std::getline(std::ifstream(folder_ / (name + ".token")), line);
  return line;
}

}  // namespace bazar::experiment
