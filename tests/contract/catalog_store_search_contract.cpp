#include "tests/contract/catalog_store_contract.hpp"

namespace bazar::catalog {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_P(CatalogSearchContract, every_word_must_match_the_last_one_as_a_prefix) {
  add("Distributed systems", 1, "x");
  add("Distributed ledgers", 1, "x");
  EXPECT_THAT(titles("distributed sys"), ElementsAre("Distributed systems"));
  EXPECT_THAT(titles("dist systems"), IsEmpty());
  EXPECT_THAT(titles("DISTRIBUTED LEDGERS"), ElementsAre("Distributed ledgers"));
  EXPECT_THAT(titles("& \"ledgers\" - !"), ElementsAre("Distributed ledgers")) << "punctuation is no word";
}

TEST_P(CatalogSearchContract, finds_authors_and_topics_and_ignores_accents) {
  BookDraft draft = make_draft("Hunger", 1, "Skønlitteratur");
  draft.authors = {"Gabriel García Márquez"};
  ASSERT_TRUE(run(store_->create(draft, "", "")));
  EXPECT_THAT(titles("garcia marquez"), ElementsAre("Hunger"));
  EXPECT_THAT(titles("skønlit"), ElementsAre("Hunger"));
}

TEST_P(CatalogSearchContract, follows_changes_and_deletions) {
  const Book book = add("Before");
  BookPatch patch;
  patch.title = "After";
  ASSERT_TRUE(run(store_->patch(book.id, patch, std::nullopt)));
  EXPECT_THAT(titles("before"), IsEmpty());
  EXPECT_THAT(titles("after"), ElementsAre("After"));
  ASSERT_TRUE(run(store_->remove(book.id, std::nullopt)));
  EXPECT_THAT(titles("after"), IsEmpty());
}

TEST_P(CatalogSearchContract, nothing_that_a_person_types_is_an_error) {
  add("C++ and the art of AND, OR and NOT");
  for (const std::string query : {"\"",
                                  "\"\"",
                                  "*",
                                  "a*",
                                  "AND",
                                  "NOT NOT",
                                  "NEAR(",
                                  "title:",
                                  "title:x",
                                  "(",
                                  ")",
                                  "^",
                                  "-",
                                  "{a b}:c",
                                  "a + b",
                                  "\\",
                                  "'",
                                  "';--",
                                  "\xF0\x9F\x98\x80",
                                  "¿",
                                  "\xFF\xFE",
                                  "a\tb\nc",
                                  ":",
                                  "col : x",
                                  "\"unbalanced",
                                  "x\"y\"z",
                                  "..."}) {
    EXPECT_TRUE(search(query)) << query;
  }
  EXPECT_TRUE(search(std::string("a\0b", 3)));
  EXPECT_THAT(titles("c++ AND"), ElementsAre("C++ and the art of AND, OR and NOT"));
  EXPECT_FALSE(search(std::string(2'000, 'x') + " y z" + [] {
    std::string many;
    for (int i = 0; i < 100; ++i) many += " w";
    return many;
  }()));
}

TEST_P(CatalogSearchContract, a_query_without_a_word_finds_nothing) {
  add("One");
  for (const std::string query : {"", "   ", "!?", "\"", "\n"}) {
    EXPECT_THAT(titles(query), IsEmpty()) << query;
    EXPECT_EQ(search(query)->total, 0);
  }
}

TEST_P(CatalogSearchContract, best_match_first_then_by_id) {
  const Book weak = add("A very long title in which the word raft is one among a great many others", 1);
  const Book strong = add("Raft", 1);
  const Book topical = add("Consensus", 1, "raft");
  const auto page = search("raft");
  ASSERT_EQ(page->books.size(), 3u);
  EXPECT_EQ(page->books.front(), strong);

  const Book twin_a = add("Twin"), twin_b = add("Twin");
  EXPECT_THAT(search("twin")->books, ElementsAre(twin_a, twin_b));
}

TEST_P(CatalogSearchContract, pages_hold_every_match_once) {
  std::set<BookId> expected;
  for (int i = 0; i < 23; ++i)
    expected.insert(add("Paging " + std::string(static_cast<std::size_t>(i % 5), 'x')).id);
  std::vector<BookId> seen;
  std::optional<std::string> after;
  do {
    const auto page = search("paging", after, 4);
    ASSERT_TRUE(page);
    EXPECT_EQ(page->total, 23);
    for (const Book& book : page->books) seen.push_back(book.id);
    after = page->next;
  } while (after && seen.size() < 100);
  EXPECT_EQ(seen.size(), 23u);
  EXPECT_EQ(std::set(seen.begin(), seen.end()), expected);
}

TEST_P(CatalogSearchContract, a_cursor_that_no_page_gave_is_refused) {
  add("One");
  for (const std::string cursor :
       {"", "x", "1", "r-1", "r7ff0000000000000-1", "rffffffffffffffff-1", "rbff0000000000000-0",
        "rbff0000000000000-1 ", "rBFF0000000000000-1", "i-", "i-0", "i--5", "i-ffffffffffffffff"}) {
    EXPECT_FALSE(search("one", cursor)) << cursor;
  }
}

TEST_P(CatalogSearchContract, counts_up_to_ten_thousand_and_pages_beyond_that_in_order_of_id) {
  for (int call = 0; call < 11; ++call) {
    std::vector<ImportItem> items;
    for (int i = 0; i < 1'000; ++i) {
      const std::string row = std::to_string(call) + "-" + std::to_string(i);
      items.push_back({row, make_draft("Common " + row)});
    }
    run(store_->import(std::move(items)));
  }
  const auto first = search("common", std::nullopt, 3);
  EXPECT_EQ(first->total, 10'000);
  ASSERT_TRUE(first->next);
  const auto second = search("common", first->next, 3);
  EXPECT_GT(second->books.front().id, first->books.back().id);
}

}  // namespace
}  // namespace bazar::catalog
