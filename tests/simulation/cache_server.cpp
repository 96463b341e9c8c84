#include "cache_server.hpp"

#include "world.hpp"

namespace bazar::simulation {
namespace {

constexpr std::size_t most_kept = 4;
constexpr double loses = 0.05;
constexpr double hands_out_old = 0.2;

}  // namespace

CacheServer::CacheServer(World& world, int node) : Process(world, node, "cache-server") {
  kept_.resize(static_cast<std::size_t>(world.parameters.books));
}

void CacheServer::put(Book book, const Entry& entry) {
  auto& entries = kept_[static_cast<std::size_t>(book)];
  entries.push_back(entry);
  if (entries.size() > most_kept) entries.pop_front();
}

std::optional<Entry> CacheServer::get(Book book) {
  auto& entries = kept_[static_cast<std::size_t>(book)];
  Random& random = world().random;
  if (world().stormy && random.chance(loses)) entries.clear();
  if (entries.empty()) return std::nullopt;
  if (world().stormy && random.chance(hands_out_old)) return entries[random.below(entries.size())];
  return entries.back();
}

}  // namespace bazar::simulation
