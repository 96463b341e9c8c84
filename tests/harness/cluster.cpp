#include "tests/harness/cluster.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <mutex>
#include <sstream>

#include "base/random.hpp"
#include "tests/harness/socket_owner.hpp"

namespace bazar::harness {
namespace {

std::string secret_in(const std::filesystem::path& file) {
  std::string secret = random_hex(16);
  std::ofstream(file) << secret << '\n';
  std::filesystem::permissions(file,
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  return secret;
}

/// Of every server that has a host of its own.
constexpr std::uint16_t host_port = 8000;

http::Endpoint on_loopback(std::uint16_t port) { return {"127.0.0.1", port}; }

}  // namespace

struct Cluster::Pids {
  std::mutex mutex;
  std::map<std::string, pid_t> by_name;
};

Cluster::Cluster(std::filesystem::path folder, ClusterOptions options)
    : folder_(std::move(folder)),
      options_(std::move(options)),
      service_token_(secret_in(folder_ / "service.token")),
      shopkeeper_token_(secret_in(folder_ / "shopkeeper.token")),
      pids_(std::make_shared<Pids>()) {
  add("catalog", options_.catalogs);
  add("orders", options_.order_services);
  add("frontend", options_.frontends);
  for (const auto& name : names_) {
    start(name);
    // One after the other: the first makes the database.
    if (!options_.network && servers_.at(name).role != "frontend")
      static_cast<void>(process(name).wait_until_ready());
  }
}

Cluster::~Cluster() {
  for (auto& [name, server] : servers_) server.process.reset();
}

void Cluster::add(const std::string& role, int count) {
  for (int i = 1; i <= count; ++i) {
    const std::string name = role + "-" + std::to_string(i);
    names_.push_back(name);
    Server& server = servers_[name];
    server.role = role;
    server.gate = std::make_unique<TcpGate>();
    server.gate->ask_who_connects([pids = pids_, gate = server.gate->endpoint().port](std::uint16_t port) {
      const std::lock_guard hold(pids->mutex);
      std::vector<pid_t> all;
      for (const auto& [each, pid] : pids->by_name) all.push_back(pid);
      const auto owner = owner_of_connection(port, gate, all);
      const auto place = std::ranges::find_if(
          pids->by_name, [&](const auto& entry) { return owner && entry.second == *owner; });
      return place == pids->by_name.end() ? std::string() : place->first;
    });
    if (role == "frontend") server.shop_gate = std::make_unique<TcpGate>();
  }
}

std::vector<std::string> Cluster::names(const std::string& role) const {
  std::vector<std::string> found;
  std::ranges::copy_if(names_, std::back_inserter(found),
                       [&](const auto& name) { return servers_.at(name).role == role; });
  return found;
}

http::Endpoint Cluster::door(const std::string& frontend) const {
  if (options_.network) return {options_.network->address_of(frontend), host_port};
  return servers_.at(frontend).shop_gate->endpoint();
}

http::Endpoint Cluster::entry(const std::string& name) const {
  if (options_.network) return {options_.network->address_of(name), host_port};
  return servers_.at(name).gate->endpoint();
}

RoleCommand Cluster::command(const std::string& name, const Server& server) const {
  RoleCommand command;
  command.log = folder_ / (name + ".log");
  command.args = {server.role, "--name", name, "--service-token-file", (folder_ / "service.token").string()};
  const auto add = [&](std::initializer_list<std::string> more) {
    command.args.insert(command.args.end(), more);
  };
  if (server.role == "catalog") {
    add({"--database", "sqlite:" + (folder_ / "catalog").string(), "--demo-books", "--lease-ms",
         std::to_string(options_.lease.count())});
    command.args.insert(command.args.end(), options_.catalog_args.begin(), options_.catalog_args.end());
  } else {
    add({"--catalog", http::to_url(entry("catalog-1"))});
  }
  if (server.role == "orders") add({"--database", "sqlite:" + (folder_ / "orders").string()});
  if (server.role == "frontend") add({"--shopkeeper-token-file", (folder_ / "shopkeeper.token").string()});
  if (options_.network) {
    add({"--host", options_.network->address_of(name), "--port", std::to_string(host_port)});
    command.network_namespace = options_.network->namespace_of(name);
  } else {
    add({server.role == "frontend" ? "--advertise-control" : "--advertise", server.gate->url()});
  }
  const auto failpoints = options_.failpoints.find(name);
  if (failpoints != options_.failpoints.end()) command.environment["BAZAR_FAILPOINTS"] = failpoints->second;
  return command;
}

void Cluster::start(const std::string& name) {
  Server& server = servers_.at(name);
  server.process.reset();
  // Whoever calls meanwhile waits: nobody is refused by a gate that does not know the way yet.
  server.gate->lead_to({});
  if (server.shop_gate) server.shop_gate->lead_to({});
  server.process = std::make_unique<RoleProcess>(command(name, server));
  {
    const std::lock_guard hold(pids_->mutex);
    pids_->by_name[name] = server.process->pid();
  }
  if (options_.network) {
    static_cast<void>(server.process->wait_until_ready());
  } else if (server.role != "frontend") {
    server.gate->lead_to(on_loopback(server.process->wait_until_listening(1).front()));
  } else {
    auto ports = server.process->wait_until_listening(2);
    const http::Endpoint shop = server.process->wait_until_ready();
    server.shop_gate->lead_to(shop);
    std::erase(ports, shop.port);
    server.gate->lead_to(on_loopback(ports.front()));
  }
}

void Cluster::restart(const std::string& name) {
  kill(name);
  start(name);
}

void Cluster::heal() {
  for (auto& [name, server] : servers_) {
    server.gate->pass();
    if (server.shop_gate) server.shop_gate->pass();
  }
}

std::string Cluster::logs() const {
  std::stringstream all;
  for (const auto& name : names_) {
    all << "---- " << name << '\n';
    std::ifstream log(folder_ / (name + ".log"));
    std::copy(std::istreambuf_iterator<char>(log), {}, std::ostreambuf_iterator<char>(all));
  }
  return all.str();
}

}  // namespace bazar::harness
