#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/parse.hpp>
#include <filesystem>
#include <memory>

#include "cli/commands.hpp"
#include "cli/failure.hpp"
#include "cli/role_options.hpp"
#include "cli/store_access.hpp"
#include "cli/transfer/importer.hpp"
#include "cli/transfer/sources.hpp"
#include "json/decode.hpp"

namespace bazar::cli {
namespace {

namespace fs = std::filesystem;

struct ImportFlags {
  StoreFlags store;
  std::string file;
  std::string format;
  std::string map;
  std::string rejects;
  RowDefaults defaults;
};

/// Of the books that the store has. An empty one does not tell; then its own check of each price has to do.
Currency currency_of_store(const ImportFlags& flags) {
  StoreClient client(flags.store.url, {});
  const auto answer = client.ask({.target = "/info?limit=1", .headers = {{"Accept", "application/json"}}});
  if (answer.status != 200) throw Failure(refusal_text(answer));
  boost::system::error_code error;
  const auto page = boost::json::parse(answer.body, error);
  const auto* code = error ? nullptr : page.find_pointer("/books/0/currency", error);
  if (code == nullptr || !code->is_string()) return {};
  return find_currency(std::string_view(code->get_string())).value_or(Currency{});
}

fs::path rejects_path(const ImportFlags& flags) {
  fs::path path = flags.rejects.empty() ? fs::path(flags.file + ".rejects") : fs::path(flags.rejects);
  std::error_code error;
  if (fs::equivalent(path, flags.file, error)) throw UsageError("--rejects would overwrite the file itself");
  return path;
}

std::uint64_t size_of(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  return error ? 0 : size;  // a pipe has none
}

ImportTotals import(const ImportFlags& flags, RowSource& source, RejectsFile& rejects) {
  Loop loop(1);
  http::Client client(loop, {.bearer_token = shopkeeper_token(flags.store)});
  Importer importer(
      loop, client, flags.store.url, source, rejects,
      {.defaults = flags.defaults, .currency = currency_of_store(flags), .file_bytes = size_of(flags.file)});
  ImportTotals totals;
  std::exception_ptr failure;
  asio::co_spawn(loop, importer.run(), [&](std::exception_ptr error, ImportTotals done) {
    failure = std::move(error);
    totals = done;
    loop.stop();
  });
  loop.run();
  if (failure) std::rethrow_exception(failure);
  return totals;
}

std::string summary(const ImportTotals& totals, const RejectsFile& rejects, const RowSource& source,
                    milliseconds elapsed) {
  auto line = fmt::format("imported {}, already present {}, rejected {}", totals.imported, totals.present,
                          rejects.count());
  if (rejects.count() > 0) line += fmt::format(" ({})", rejects.path().string());
  line += fmt::format(", warnings {}", totals.warnings);
  if (source.records_skipped() > 0) line += fmt::format(", other records {}", source.records_skipped());
  return line + fmt::format(", in {:.1f} s", static_cast<double>(elapsed.count()) / 1'000);
}

int run(const ImportFlags& flags) {
  const auto begin = std::chrono::steady_clock::now();
  const auto source = open_source(flags.file, format_of(flags.format, flags.file), FieldMap(flags.map));
  RejectsFile rejects(rejects_path(flags), *source);
  const auto totals = import(flags, *source, rejects);
  rejects.close();
  const auto elapsed = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
  fmt::print("{}\n", summary(totals, rejects, *source, elapsed));
  if (totals.interrupted) throw Failure("interrupted: run the same import again to go on from here");
  if (rejects.count() > 0) {
    throw Failure(fmt::format("{} rows were not imported: see {}", rejects.count(), rejects.path().string()));
  }
  return exit_done;
}

void add_defaults(CLI::App& command, RowDefaults& defaults) {
  command.add_option("--topic", defaults.topic, "for rows without one")->type_name("TEXT");
  command.add_option("--price", defaults.price, "for rows without one, such as 9.99")
      ->check(
          [](const std::string& text) { return parse_money(text, 3) ? "" : "wants an amount such as 9.99"; })
      ->type_name("P");
  command.add_option("--quantity", defaults.quantity, "in stock, for rows without one (0)")
      ->check(whole_number(0, catalog::max_stock))
      ->type_name("N");
}

}  // namespace

void add_import(CLI::App& app, Command& chosen) {
  auto* command = app.add_subcommand(
      "import",
      "Books from a file into a running store. Running it again imports only what is not there yet.");
  auto flags = std::make_shared<ImportFlags>();
  command->add_option("FILE", flags->file)->required()->check(CLI::ExistingFile)->type_name("");
  command->add_option("--format", flags->format, "json, csv or openlibrary (by the file's name)")
      ->check(CLI::IsMember({"json", "csv", "openlibrary"}))
      ->type_name("FORMAT");
  command
      ->add_option(
          "--map", flags->map,
          "where a field is found that is not under its own name: id, title, topic, price, currency, "
          "quantity, authors, isbn, year, language, description")
      ->type_name("FIELD=COLUMN,…");
  add_defaults(*command, flags->defaults);
  command->add_option("--rejects", flags->rejects, "for rows that cannot be imported, and why (FILE.rejects)")
      ->type_name("FILE");
  add_url_flag(*command, flags->store);
  add_token_flags(*command, flags->store);
  command->footer(
      "Examples:\n  bazar import books.json\n"
      "  bazar import books.csv --map title=Name,topic=Subject --price 9.99 --quantity 100\n"
      "  bazar import ol_dump_editions.txt --topic general --price 12 --quantity 5\n"
      "Exit code 1 where rows were rejected.");
  command->callback([flags, &chosen] { chosen = [flags] { return run(*flags); }; });
}

}  // namespace bazar::cli
