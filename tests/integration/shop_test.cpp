// The console client, import and export as people and scripts meet them: the real program against a real
// store.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <boost/json.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/temporary_folder.hpp"
#include "tests/harness/store_process.hpp"

namespace bazar {
namespace {

using harness::StoreProcess;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Finished {
  int code = -1;
  std::string output;
  std::string errors;
};

std::string content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string quoted(const std::filesystem::path& path) { return "'" + path.string() + "'"; }

/// A store with a folder of its own, and the program run against it.
class RunningStore {
 public:
  explicit RunningStore(std::vector<std::string> args = {}) { start(std::move(args)); }

  void start(std::vector<std::string> args) { process_.emplace(data(), std::move(args)); }
  StoreProcess& process() { return *process_; }
  [[nodiscard]] std::filesystem::path data() const { return folder_.path() / "data"; }
  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return folder_.path() / name; }

  [[nodiscard]] Finished bazar(const std::string& arguments, const std::string& input = "") const {
    write(file("input"), input);
    const auto command = fmt::format("export BAZAR_URL={} BAZAR_TOKEN_FILE={}; timeout 60 {} {} <{} 2>{}",
                                     http::to_url(process_->frontend()), quoted(data() / "shopkeeper.token"),
                                     BAZAR_BINARY, arguments, quoted(file("input")), quoted(file("errors")));
    Finished finished;
    std::FILE* pipe = ::popen(command.c_str(), "r");
    std::array<char, 4'096> buffer{};
    while (const auto got = std::fread(buffer.data(), 1, buffer.size(), pipe))
      finished.output.append(buffer.data(), got);
    finished.code = WEXITSTATUS(::pclose(pipe));
    finished.errors = content(file("errors"));
    return finished;
  }
  [[nodiscard]] Finished shop(const std::string& arguments, const std::string& input = "") const {
    return bazar("shop " + arguments, input);
  }

 private:
  TemporaryFolder folder_;
  std::optional<StoreProcess> process_;
};

MATCHER_P(Printed, what, "") { return arg.code == 0 && testing::Value(arg.output, what); }
MATCHER_P2(Refused, code, what, "") {
  const bool one_line = arg.errors.find('\n') == arg.errors.size() - 1;
  return arg.code == code && arg.output.empty() && one_line && testing::Value(arg.errors, what);
}

void PrintTo(const Finished& finished, std::ostream* out) {
  *out << "code " << finished.code << ", output: " << finished.output << ", errors: " << finished.errors;
}

TEST(Shop, browses_buys_and_keeps_the_shelves) {
  const RunningStore store;
  EXPECT_THAT(store.shop("topics"), Printed(HasSubstr("2  distributed systems")));
  EXPECT_THAT(store.shop("search distributed systems"), Printed(HasSubstr("2  RPCs for Noobs")));
  EXPECT_THAT(store.shop("find noobs"), Printed(AllOf(HasSubstr("22.35 USD"), HasSubstr("60"))));
  EXPECT_THAT(store.shop("info 2"), Printed(HasSubstr("price     22.35 USD")));
  EXPECT_THAT(store.shop("buy 2 --name Hiba --quantity 3"),
              Printed(AllOf(StartsWith("bought book RPCs for Noobs"), HasSubstr("67.05 USD"))));
  EXPECT_THAT(store.shop("orders Hiba"), Printed(HasSubstr("3 x 22.35 USD  RPCs for Noobs")));
  EXPECT_THAT(store.shop("price 2 19.9"), Printed(HasSubstr("price     19.90 USD")));
  EXPECT_THAT(store.shop("restock 2 -7"), Printed(HasSubstr("in stock  50")));
}

TEST(Shop, speaks_json_to_programs) {
  const RunningStore store;
  const auto book = store.shop("info 2 --json");
  EXPECT_EQ(boost::json::parse(book.output).at("quantity"), 60);
  const auto bought = store.shop("--json buy 2 --name Hiba --key the-key");
  const auto order = boost::json::parse(bought.output).at("order_id").as_string();
  EXPECT_THAT(store.shop("--json order " + std::string(order)), Printed(HasSubstr("\"Hiba\"")));
  EXPECT_EQ(store.shop("--json buy 2 --name Hiba --key the-key").output, bought.output)
      << "one key, one order";
  EXPECT_EQ(boost::json::parse(store.shop("--json restock 2 1 --key k").output).at("quantity"), 60);
  EXPECT_EQ(boost::json::parse(store.shop("--json restock 2 1 --key k").output).at("quantity"), 60);
}

TEST(Shop, says_in_one_line_why_not) {
  const RunningStore store;
  EXPECT_THAT(store.shop("info 99"), Refused(1, HasSubstr("There is no book with this id")));
  EXPECT_THAT(store.shop("search nothing"), Refused(1, HasSubstr("No book has this topic")));
  EXPECT_THAT(store.shop("buy 3 --name Hiba --quantity 9"),
              Refused(1, HasSubstr("Only 8 of this book left")));
  EXPECT_THAT(store.shop("--json buy 3 --name Hiba --quantity 9"),
              Refused(1, HasSubstr("Out of stock: Only 8")));
  EXPECT_THAT(store.shop("restock 3 -9"), Refused(1, HasSubstr("below zero")));
  EXPECT_THAT(store.shop("info two"), Refused(2, HasSubstr("whole number")));
  EXPECT_THAT(store.shop("price 2 cheap"), Refused(2, HasSubstr("amount")));
  EXPECT_THAT(store.shop("price 2 1 --token-file /nonexistent"), Refused(2, HasSubstr("/nonexistent")));
  EXPECT_THAT(store.shop("buy 2"), Refused(2, HasSubstr("--name")));
  EXPECT_THAT(
      store.shop("--url http://127.0.0.1:1 info 2"),
      Refused(1, AllOf(HasSubstr("cannot reach the store at http://127.0.0.1:1"), HasSubstr("./run"))));
}

TEST(Shop, prompt_reads_commands_from_a_pipe_until_quit) {
  const RunningStore store;
  const auto done = store.shop("", "help\n\ninfo 2\nbuy 2 --name 'Hiba A.'\norders Hiba A.\nquit\ninfo 3\n");
  EXPECT_THAT(done, Printed(AllOf(HasSubstr("restock"), HasSubstr("bought book"),
                                  HasSubstr("Orders of Hiba A."), Not(HasSubstr("Xen")))));
  const auto failed = store.shop("", "fly 2\ninfo 99\ninfo 2");
  EXPECT_EQ(failed.code, 1);
  EXPECT_THAT(failed.errors, AllOf(HasSubstr("fly: no such command"), HasSubstr("no book with this id")));
  EXPECT_THAT(failed.output, HasSubstr("RPCs for Noobs")) << "it goes on after a failure";
}

TEST(Shop, buys_once_while_servers_die) {
  RunningStore store;
  for (const auto* role : {"orders", "catalog", "frontend"}) {
    for (const auto& member : store.process().members(role)) ::kill(member.pid, SIGKILL);
    EXPECT_THAT(store.shop(fmt::format("buy 2 --name {}", role)), Printed(HasSubstr("bought book"))) << role;
    const auto orders = boost::json::parse(store.shop(fmt::format("--json orders {}", role)).output);
    EXPECT_EQ(orders.at("orders").as_array().size(), 1U) << role;
  }
  EXPECT_THAT(store.shop("info 2"), Printed(HasSubstr("in stock  57")));
}

constexpr auto dirty_csv =
    "\xEF\xBB\xBFname,subject,cost,stock,by,isbn,published\r\n"
    "\"The \"\"Quiet\"\", Sea\",fiction,9.99,5,\"Ana Berg, Bilal Khoury\",439023483,2008.0\r\n"
    "Iliad,,3,,Homer,9.78043902348e+12,-750.0\r\n"
    "No price,fiction,,1,,,\r\n"
    "\"Two\nlines\",poetry,12.5,2,,,\r\n"
    "short row\r\n";
constexpr auto dirty_flags =
    " --map title=name,topic=subject,price=cost,quantity=stock,authors=by,isbn=isbn,year=published"
    " --topic general --quantity 7";

TEST(Import, takes_honest_dirt_and_loses_nothing_silently) {
  const RunningStore store({"--no-demo"});
  write(store.file("books.csv"), dirty_csv);
  const auto command = "import " + quoted(store.file("books.csv")) + dirty_flags;
  const auto first = store.bazar(command);
  EXPECT_EQ(first.code, 1);
  EXPECT_THAT(first.output, HasSubstr("imported 3, already present 0, rejected 2 ("));
  EXPECT_THAT(first.output, HasSubstr("warnings 1, in "));
  const auto rejects = content(store.file("books.csv.rejects"));
  EXPECT_THAT(rejects, StartsWith("\"line\",\"reason\",\"name\","));
  EXPECT_THAT(rejects, HasSubstr("\"4\",\"has no price\",\"No price\""));
  EXPECT_THAT(rejects, HasSubstr("\"7\",\"has 1 columns, not the 7 of the first line\",\"short row\""));
  EXPECT_THAT(store.shop("info 1"), Printed(AllOf(HasSubstr("The \"Quiet\", Sea"), HasSubstr("9780439023481"),
                                                  HasSubstr("2008"), HasSubstr("Ana Berg"))));
  EXPECT_THAT(store.shop("info 2"), Printed(AllOf(HasSubstr("general"), HasSubstr("-750"),
                                                  Not(HasSubstr("isbn")), HasSubstr("in stock  7"))));
  EXPECT_THAT(store.bazar(command).output, HasSubstr("imported 0, already present 3, rejected 2"));
}

TEST(Import, reads_every_form_of_json_and_dumps) {
  const RunningStore store({"--no-demo"});
  const std::string book = R"({"title":"%","topic":"t","price":1.5,"quantity":1})";
  const auto named = [&](const std::string& title) {
    return "{\"title\":\"" + title + book.substr(book.find('%') + 1);
  };
  write(store.file("lines.json"), named("a") + "\n" + named("b") + "\n");
  write(store.file("array.json"), "[" + named("c") + ",\n" + named("d") + "]");
  write(store.file("page.json"), "{\"books\":[" + named("e") + "],\"next\":null}");
  write(store.file("dump.txt"),
        "/type/edition\t/books/OL1M\t1\t2010\t{\"title\":\"f\",\"isbn_10\":[\"0306406152\"]}\n"
        "/type/author\t/authors/OL1A\t1\t2010\t{}\n");
  EXPECT_THAT(store.bazar("import " + quoted(store.file("lines.json"))), Printed(StartsWith("imported 2,")));
  EXPECT_THAT(store.bazar("import " + quoted(store.file("array.json"))), Printed(StartsWith("imported 2,")));
  EXPECT_THAT(store.bazar("import " + quoted(store.file("page.json"))), Printed(StartsWith("imported 1,")));
  EXPECT_THAT(store.bazar("import " + quoted(store.file("dump.txt")) + " --price 2 --topic t"),
              Printed(AllOf(StartsWith("imported 1,"), HasSubstr("other records 1"))));
  EXPECT_THAT(store.shop("search t"),
              Printed(AllOf(HasSubstr("  a\n"), HasSubstr("  d\n"), HasSubstr("  f\n"))));
}

TEST(Import, refuses_what_cannot_work_before_it_changes_anything) {
  const RunningStore store({"--no-demo"});
  write(store.file("books.csv"), "title,topic,price\nA,t,1\n");
  const auto file = quoted(store.file("books.csv"));
  EXPECT_THAT(store.bazar("import " + file + " --map topic=subject"),
              Refused(2, HasSubstr("no column subject")));
  EXPECT_THAT(store.bazar("import " + file + " --price cheap"), Refused(2, HasSubstr("amount")));
  EXPECT_THAT(store.bazar("import " + file + " --rejects " + file), Refused(2, HasSubstr("overwrite")));
  EXPECT_THAT(store.bazar("import /nonexistent.csv"), Refused(2, HasSubstr("/nonexistent.csv")));
  EXPECT_THAT(store.bazar("import " + file + " --url http://127.0.0.1:1"),
              Refused(1, HasSubstr("cannot reach")));
  write(store.file("wrong.token"), std::string(64, 'x'));
  const auto wrong = store.bazar("import " + file + " --token-file " + quoted(store.file("wrong.token")));
  EXPECT_EQ(wrong.code, 1);
  EXPECT_THAT(store.bazar("export books"), Printed(""));
}

TEST(Import, a_row_whose_id_another_book_has_is_rejected_with_the_reason) {
  const RunningStore store;
  write(store.file("one.json"), R"({"id":2,"title":"Other","topic":"t","price":1})");
  const auto done = store.bazar("import " + quoted(store.file("one.json")));
  EXPECT_EQ(done.code, 1);
  EXPECT_THAT(content(store.file("one.json.rejects")), HasSubstr("its id is that of another book"));
}

/// Many rows, so that something can happen meanwhile.
std::string many_rows(int count) {
  std::string csv = "title,topic,price\n";
  for (int i = 0; i < count; ++i) csv += fmt::format("Book {},t,1.00\n", i);
  return csv;
}

std::size_t books_in(const RunningStore& store) {
  return static_cast<std::size_t>(std::ranges::count(store.bazar("export books").output, '\n'));
}

/// Imports a file and runs a shell command when its first books are in the store. It may be through by then.
Finished import_and_meanwhile(const RunningStore& store, const std::filesystem::path& file,
                              const std::string& command) {
  return store.bazar(
      fmt::format("import {} & import=$!; for try in $(seq 500); do {} shop info 1 >{} 2>&1 && break; done; "
                  "{}; wait $import",
                  quoted(file), BAZAR_BINARY, quoted(store.file("waiting")), command));
}

TEST(Import, goes_on_where_it_was_cut_off_and_doubles_nothing) {
  const RunningStore store({"--no-demo"});
  const auto file = store.file("many.csv");
  write(file, many_rows(30'000));
  const auto cut_off = import_and_meanwhile(store, file, "kill -TERM $import");
  const auto before = books_in(store);
  EXPECT_GT(before, 0U);
  EXPECT_THAT(cut_off.output, StartsWith(fmt::format("imported {},", before)));
  EXPECT_EQ(cut_off.code, before < 30'000 ? 1 : 0);
  EXPECT_THAT(store.bazar("import " + quoted(file)),
              Printed(StartsWith(fmt::format("imported {}, already present {},", 30'000 - before, before))));
  EXPECT_EQ(books_in(store), 30'000U);
}

TEST(Import, outlives_the_death_of_every_server) {
  RunningStore store({"--no-demo"});
  const auto file = store.file("many.csv");
  write(file, many_rows(30'000));
  std::string kill = "kill -9";
  for (const auto& member : store.process().members()) kill += fmt::format(" {}", member.pid);
  const auto done = import_and_meanwhile(store, file, kill);
  EXPECT_EQ(done.code, 0) << done.errors;
  EXPECT_EQ(books_in(store), 30'000U);
}

TEST(Export, gives_another_store_the_same_books) {
  const RunningStore store;
  write(store.file("books.csv"), dirty_csv);
  static_cast<void>(store.bazar("import " + quoted(store.file("books.csv")) + dirty_flags));
  ASSERT_THAT(store.shop("buy 2 --name Hiba"), Printed(HasSubstr("bought")));
  const auto exported = store.file("books.json");
  ASSERT_THAT(store.bazar("export books --output " + quoted(exported)),
              Printed(HasSubstr("exported 10 books")));

  const RunningStore second({"--no-demo"});
  EXPECT_THAT(second.bazar("import " + quoted(exported)),
              Printed(StartsWith("imported 10, already present 0,")));
  EXPECT_EQ(second.bazar("export books").output, content(exported));
  EXPECT_THAT(second.bazar("import " + quoted(exported)),
              Printed(StartsWith("imported 0, already present 10,")));
  write(second.file("books.csv"), store.bazar("export books --format csv").output);
  const RunningStore third({"--no-demo"});
  EXPECT_THAT(third.bazar("import " + quoted(second.file("books.csv"))), Printed(StartsWith("imported 10,")));
  EXPECT_EQ(third.bazar("export books").output, content(exported));
}

TEST(Export, lists_everybodys_orders) {
  const RunningStore store;
  ASSERT_EQ(store.shop("buy 2 --name 'Hiba, \"H.\"' --quantity 2").code, 0);
  ASSERT_EQ(store.shop("buy 3 --name Ana").code, 0);
  const auto data = " --data " + quoted(store.data());
  const auto lines = store.bazar("export orders" + data);
  EXPECT_THAT(lines, Printed(AllOf(HasSubstr("\"total\":44.70"), HasSubstr("\"Ana\""))));
  EXPECT_EQ(std::ranges::count(lines.output, '\n'), 2);
  EXPECT_THAT(store.bazar("export orders --format csv" + data),
              Printed(AllOf(StartsWith("\"order_id\",\"name\","), HasSubstr("\"Hiba, \"\"H.\"\"\""))));
  EXPECT_THAT(store.bazar("export orders --data /nonexistent"), Refused(1, HasSubstr("/nonexistent")));
}

TEST(Import, real_books_come_in_whole) {
  const std::filesystem::path file = BAZAR_SHARED_DATA "/goodbooks-10k-books.csv";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "the 10,000 books are not here";
  const RunningStore store({"--no-demo"});
  const auto command =
      "import " + quoted(file) +
      " --map title=title,topic=language_code,authors=authors,isbn=isbn,year=original_publication_year"
      " --price 9.99 --quantity 100 --topic general --rejects " +
      quoted(store.file("rejects"));
  EXPECT_THAT(store.bazar(command), Printed(StartsWith("imported 10000, already present 0, rejected 0,")));
  EXPECT_EQ(books_in(store), 10'000U);
  EXPECT_THAT(store.bazar(command), Printed(StartsWith("imported 0, already present 10000,")));
}

}  // namespace
}  // namespace bazar
