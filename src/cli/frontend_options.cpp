#include "cli/frontend_options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/role_options.hpp"

namespace bazar::cli {

void add_frontend_options(CLI::App& command, FrontendOptions& options) {
  auto* cache = command
                    .add_option("--cache", options.cache,
                                "lru://?entries=N, redis://HOST:PORT, memcached://HOST:PORT or none")
                    ->check(cache_url())
                    ->type_name("URL")
                    ->capture_default_str();
  command.add_option("--cache-entries", options.cache_entries, "the same as --cache lru://?entries=N")
      ->check(whole_number(1, 100'000'000))
      ->excludes(cache)
      ->type_name("N");
  command
      .add_option("--rate-limit", options.rate_limit, "requests a second of one client address; 0: no limit")
      ->check(whole_number(0, 1'000'000))
      ->type_name("N")
      ->capture_default_str();
}

std::string cache_of(const FrontendOptions& options) {
  return options.cache_entries > 0 ? fmt::format("lru://?entries={}", options.cache_entries) : options.cache;
}

}  // namespace bazar::cli
