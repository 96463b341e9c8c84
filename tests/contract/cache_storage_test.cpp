#include <stdexcept>

#include "frontend/cache/cache_options.hpp"
#include "tests/contract/cache_server_process.hpp"
#include "tests/contract/cache_storage_contract.hpp"

namespace bazar::frontend {
namespace {

class MemoryFixture final : public StorageFixture {
 public:
  std::unique_ptr<Storage> open(observe::Metrics& metrics) override {
    return open_storage(*parse_cache_options("lru://?entries=2000"), "secret", metrics);
  }
};

class ServerFixture final : public StorageFixture {
 public:
  explicit ServerFixture(CacheServerProcess::Kind kind) : server_(kind) {}
  std::unique_ptr<Storage> open(observe::Metrics& metrics) override {
    // What comes is judged here, not how soon: a sanitizer takes its time over entries of megabytes.
    auto storage = open_storage(*parse_cache_options(server_.url()), "secret", metrics,
                                {.patience = std::chrono::seconds(5)});
    if (!comes_true([&] { return storage->usable(); })) throw std::runtime_error("no cache server");
    return storage;
  }

 private:
  CacheServerProcess server_;
};

template <CacheServerProcess::Kind kind>
std::unique_ptr<StorageFixture> make_server() {
  return std::make_unique<ServerFixture>(kind);
}

constexpr std::size_t any_size = std::size_t{1} << 30;

INSTANTIATE_TEST_SUITE_P(
    Storages, CacheStorageContract,
    testing::Values(StorageKind{"Lru", [] { return std::make_unique<MemoryFixture>(); }, any_size},
                    StorageKind{"Redis", make_server<CacheServerProcess::Kind::redis>, any_size},
                    StorageKind{"Memcached", make_server<CacheServerProcess::Kind::memcached>, 1U << 20}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace bazar::frontend
