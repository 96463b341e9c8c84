#include <algorithm>
#include <latch>
#include <random>
#include <thread>

#include "json/encode.hpp"
#include "tests/contract/catalog_store_contract.hpp"

namespace bazar::catalog {
namespace {

using testing::ElementsAre;
using Reason = Refusal::Reason;

TEST_P(CatalogStoreContract, keeps_every_member_of_a_book) {
  BookDraft draft = make_draft("Hunger", 3, "novels");
  draft.authors = {"Knut Hamsun", "a \"quoted\" one"};
  draft.isbn = "9780141180649";
  draft.year = 1890;
  draft.language = "no";
  draft.description = "Kristiania";
  const auto created = run(store_->create(draft, "", ""));
  ASSERT_TRUE(created);
  EXPECT_EQ(created->book.authors, draft.authors);
  EXPECT_EQ(created->book.currency, store_->currency().code);
  EXPECT_EQ(find(created->book.id), created->book);
}

TEST_P(CatalogStoreContract, answers_a_batch_in_the_order_asked_for_each_once) {
  const Book first = add("One"), second = add("Two");
  const auto batch = run(store_->books({second.id, BookId{999}, first.id, second.id})).value;
  EXPECT_THAT(books_of(batch), ElementsAre(second, first));
  EXPECT_THAT(batch.missing, ElementsAre(BookId{999}));
}

TEST_P(CatalogStoreContract, answers_a_batch_of_any_size) {
  std::vector<Book> all;
  for (int i = 0; i < 30; ++i) all.push_back(add("Book " + std::to_string(i)));
  std::mt19937 random(1);
  for (const std::size_t size : {0, 1, 2, 3, 7, 20, 30}) {
    std::ranges::shuffle(all, random);
    const std::vector<Book> expected(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(size));
    std::vector<BookId> ids, unknown;
    for (const Book& book : expected) {
      unknown.push_back(BookId{10'000 + book.id.value});
      for (const BookId id : {book.id, unknown.back(), book.id}) ids.push_back(id);
    }
    const auto batch = run(store_->books(ids)).value;
    EXPECT_EQ(books_of(batch), expected);
    EXPECT_EQ(batch.missing, unknown);
  }
}

TEST_P(CatalogStoreContract, writes_a_book_of_a_batch_as_it_is_encoded_everywhere) {
  for (BookDraft draft : {make_draft("\"\xc3\x89t\xc3\xa9\" \\ \xf0\x9f\x98\x80", 0), make_draft("Plain")}) {
    draft.authors = {"Hiba", "", R"(A "B" \ C)"};
    draft.year = -350;
    draft.description = std::string(5'000, 'd') + " \xe2\x82\xac";
    const Book book = run(store_->create(draft, "", ""))->book;
    const json::Format format{.money_decimals = store_->currency().decimals};
    const auto batch = run(store_->books({book.id})).value;
    ASSERT_EQ(batch.books.size(), 1U);
    EXPECT_EQ(batch.books.front().json, json::encode(book, format));
    EXPECT_EQ(batch.books.front().format.money_decimals, format.money_decimals);
  }
}

TEST_P(CatalogStoreContract, each_change_raises_revision_and_version_and_a_refusal_does_not) {
  const Revision before = as_of();
  const Book book = add("One");
  EXPECT_GT(book.version, before);
  EXPECT_EQ(as_of(), book.version);
  EXPECT_FALSE(run(store_->remove(BookId{999}, std::nullopt)));
  EXPECT_EQ(as_of(), book.version);
}

TEST_P(CatalogStoreContract, epoch_is_the_databases_own) {
  const auto other = open();
  EXPECT_FALSE(run(store_->books({})).epoch.empty());
  EXPECT_EQ(run(store_->books({})).epoch, run(other->books({})).epoch);
}

TEST_P(CatalogStoreContract, automatic_ids_rise_and_are_not_used_again) {
  BookDraft far = make_draft("Far");
  far.id = BookId{BookId::max};
  ASSERT_TRUE(run(store_->create(far, "", "")));
  const Book first = add("One");
  ASSERT_TRUE(run(store_->remove(first.id, std::nullopt)));
  EXPECT_GT(add("Two").id, first.id);
}

TEST_P(CatalogStoreContract, ids_that_a_client_chose_never_use_up_the_automatic_ones) {
  constexpr std::int64_t highest_counted = std::int64_t{1} << 40;
  for (const std::int64_t id : {highest_counted, highest_counted + 1, highest_counted + 3}) {
    BookDraft chosen = make_draft("Chosen");
    chosen.id = BookId{id};
    ASSERT_TRUE(run(store_->create(chosen, "", "")));
  }
  EXPECT_EQ(add("One").id, BookId{highest_counted + 2});
  EXPECT_EQ(add("Two").id, BookId{highest_counted + 4});
}

TEST_P(CatalogStoreContract, refuses_an_id_or_isbn_that_is_taken) {
  BookDraft draft = make_draft("One");
  draft.isbn = "9780141180649";
  const Book book = run(store_->create(draft, "", ""))->book;
  EXPECT_EQ(run(store_->create(draft, "", "")).error().reason, Reason::isbn_taken);
  draft.isbn.reset();
  draft.id = book.id;
  EXPECT_EQ(run(store_->create(draft, "", "")).error().reason, Reason::id_taken);

  const Book other = add("Two");
  BookDraft thief = make_draft("Two");
  thief.isbn = "9780141180649";
  EXPECT_EQ(run(store_->replace(other.id, thief, std::nullopt)).error().reason, Reason::isbn_taken);
  EXPECT_EQ(find(other.id), other);
  thief.title = "One, again";
  EXPECT_TRUE(run(store_->replace(book.id, thief, std::nullopt))) << "its own ISBN is no obstacle";
}

TEST_P(CatalogStoreContract, a_repeated_create_answers_as_the_first_time) {
  const auto first = run(store_->create(make_draft("One"), "key", "f"));
  ASSERT_TRUE(run(store_->adjust_stock(first->book.id, 5, "stock", "f")));
  const auto again = run(open()->create(make_draft("One"), "key", "f"));
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->book, first->book);
  EXPECT_EQ(run(store_->create(make_draft("Two"), "key", "g")).error().reason, Reason::key_reused);
}

TEST_P(CatalogStoreContract, a_refused_create_stays_refused_under_its_key) {
  const Book book = add("One");
  BookDraft draft = make_draft("Two");
  draft.id = book.id;
  EXPECT_EQ(run(store_->create(draft, "key", "f")).error().reason, Reason::id_taken);
  ASSERT_TRUE(run(store_->remove(book.id, std::nullopt)));
  EXPECT_EQ(run(store_->create(draft, "key", "f")).error().reason, Reason::id_taken);
}

TEST_P(CatalogStoreContract, replaces_a_book_and_its_stock) {
  const Book book = add("One", 10);
  BookDraft draft = make_draft("One, revised", 4, "other");
  draft.price = Money{1};
  const auto written = run(store_->replace(book.id, draft, book.version));
  ASSERT_TRUE(written);
  EXPECT_GT(written->book.version, book.version);
  EXPECT_EQ(written->book.quantity, 4);
  EXPECT_EQ(find(book.id), written->book);
  EXPECT_EQ(run(store_->replace(book.id, draft, book.version)).error().reason, Reason::version_moved);
  draft.version = book.version;
  EXPECT_EQ(run(store_->replace(book.id, draft, std::nullopt)).error().reason, Reason::version_moved);
  EXPECT_EQ(run(store_->replace(BookId{999}, draft, std::nullopt)).error().reason, Reason::not_found);
}

TEST_P(CatalogStoreContract, patches_only_what_is_named) {
  BookDraft draft = make_draft("One");
  draft.year = 1999;
  draft.language = "en";
  const Book book = run(store_->create(draft, "", ""))->book;
  BookPatch patch;
  patch.price = Money{5};
  patch.year = {.present = true, .value = std::nullopt};
  const auto written = run(store_->patch(book.id, patch, book.version));
  ASSERT_TRUE(written);
  Book expected = book;
  expected.price = Money{5};
  expected.year.reset();
  expected.version = written->book.version;
  EXPECT_EQ(find(book.id), expected);
  EXPECT_EQ(run(store_->patch(book.id, patch, book.version)).error().reason, Reason::version_moved);
  EXPECT_EQ(run(store_->patch(BookId{999}, patch, std::nullopt)).error().reason, Reason::not_found);
}

TEST_P(CatalogStoreContract, a_book_made_anew_under_an_old_id_has_a_higher_version) {
  const Book book = add("One");
  EXPECT_EQ(run(store_->remove(book.id, book.version + 1)).error().reason, Reason::version_moved);
  ASSERT_TRUE(run(store_->remove(book.id, book.version)));
  EXPECT_EQ(find(book.id), std::nullopt);
  BookDraft draft = make_draft("One");
  draft.id = book.id;
  EXPECT_GT(run(store_->create(draft, "", ""))->book.version, book.version);
}

TEST_P(CatalogStoreContract, adjusts_stock_once_a_key_within_its_bounds) {
  const Book book = add("One", 10);
  const auto more = run(store_->adjust_stock(book.id, 5, "a", "f"));
  EXPECT_EQ(more->quantity, 15);
  const auto replay = run(store_->adjust_stock(book.id, 5, "a", "f"));
  EXPECT_TRUE(replay->replayed);
  EXPECT_EQ(replay->version, more->version);
  EXPECT_EQ(find(book.id)->quantity, 15);
  EXPECT_EQ(run(store_->adjust_stock(book.id, 6, "a", "g")).error().reason, Reason::key_reused);

  const auto below = run(store_->adjust_stock(book.id, -16, "b", "f"));
  EXPECT_EQ(below.error().reason, Reason::below_zero);
  EXPECT_EQ(below.error().available, 15);
  EXPECT_EQ(run(store_->adjust_stock(book.id, max_stock, "c", "f")).error().reason, Reason::above_maximum);
  EXPECT_EQ(run(store_->adjust_stock(BookId{999}, 1, "d", "f")).error().reason, Reason::not_found);
  EXPECT_EQ(run(store_->adjust_stock(book.id, -15, "e", "f"))->quantity, 0);
}

TEST_P(CatalogStoreContract, a_refused_stock_change_stays_refused_under_its_key) {
  const Book book = add("One", 1);
  ASSERT_FALSE(run(store_->adjust_stock(book.id, -2, "a", "f")));
  ASSERT_TRUE(run(store_->adjust_stock(book.id, 5, "b", "f")));
  const auto late = run(store_->adjust_stock(book.id, -2, "a", "f"));
  EXPECT_EQ(late.error().reason, Reason::below_zero);
  EXPECT_EQ(late.error().available, 1);
  EXPECT_EQ(find(book.id)->quantity, 6);
}

TEST_P(CatalogStoreContract, keys_of_different_operations_and_books_do_not_meet) {
  const Book one = add("One", 1), two = add("Two", 1);
  EXPECT_FALSE(run(store_->create(make_draft("Three"), "key", "f"))->replayed);
  EXPECT_FALSE(run(store_->adjust_stock(one.id, 1, "key", "f"))->replayed);
  EXPECT_EQ(run(store_->adjust_stock(two.id, 1, "key", "f")).error().reason, Reason::key_reused);
}

TEST_P(CatalogStoreContract, lists_books_in_pages_by_id) {
  std::vector<BookId> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(add("Book").id);
  std::vector<BookId> seen;
  BookId after{0};
  for (int page = 0; page < 3; ++page) {
    const auto listed = run(store_->list(after, 2)).value;
    for (const Book& book : listed.items) seen.push_back(book.id);
    if (page < 2) {
      ASSERT_TRUE(listed.next);
      after = *parse_book_id(*listed.next);
    } else {
      EXPECT_FALSE(listed.next);
    }
  }
  EXPECT_EQ(seen, ids);
  EXPECT_FALSE(run(store_->list(BookId{0}, 5)).value.next) << "a page that is just full is the last";
}

TEST_P(CatalogStoreContract, lists_a_topic_and_knows_which_topics_there_are) {
  const Book a = add("A", 1, "x"), b = add("B", 1, "y"), c = add("C", 1, "x");
  const auto page = run(store_->by_topic("x", BookId{0}, 1)).value;
  ASSERT_TRUE(page);
  EXPECT_THAT(page->items, ElementsAre(a));
  EXPECT_THAT(run(store_->by_topic("x", a.id, 10)).value->items, ElementsAre(c));
  EXPECT_EQ(run(store_->by_topic("z", BookId{0}, 10)).value, std::nullopt);
  EXPECT_THAT(run(store_->topics()).value, ElementsAre(Topic{"x", 2}, Topic{"y", 1}));

  BookPatch patch;
  patch.topic = "y";
  ASSERT_TRUE(run(store_->patch(a.id, patch, std::nullopt)));
  ASSERT_TRUE(run(store_->remove(c.id, std::nullopt)));
  EXPECT_THAT(run(store_->topics()).value, ElementsAre(Topic{"y", 2}));
  EXPECT_EQ(run(store_->by_topic("x", BookId{0}, 10)).value, std::nullopt);
}

TEST_P(CatalogStoreContract, imports_each_row_once) {
  BookDraft with_id = make_draft("Numbered");
  with_id.id = BookId{77};
  BookDraft with_isbn = make_draft("Isbn");
  with_isbn.isbn = "9780141180649";
  const std::vector<ImportItem> items{{"row:1", make_draft("One")},
                                      {"id:77", with_id},
                                      {"isbn:9780141180649", with_isbn},
                                      {"row:1", make_draft("One")}};
  using enum ImportResult;
  EXPECT_THAT(run(store_->import(items)), ElementsAre(created, created, created, present));
  EXPECT_THAT(run(open()->import(items)), ElementsAre(present, present, present, present));
  EXPECT_THAT(run(store_->import({{"other", with_id}, {"another", with_isbn}})),
              ElementsAre(id_taken, present));
  EXPECT_EQ(run(store_->list(BookId{0}, 10)).value.items.size(), 3u);
}

TEST_P(CatalogStoreContract, requests_that_are_queued_together_keep_outcomes_of_their_own) {
  std::vector<Task<std::expected<StockLevel, Refusal>>> changes;
  const Book book = add("One", 10);
  for (int i = 0; i < 20; ++i) {
    changes.push_back(
        store_->adjust_stock(i % 3 == 1 ? BookId{999} : book.id, i % 3 == 2 ? -1'000 : 1, "", ""));
  }
  const auto outcomes = run_all(std::move(changes));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(outcomes[i].has_value(), i % 3 == 0) << i;
  EXPECT_EQ(find(book.id)->quantity, 17);
}

TEST_P(CatalogStoreContract, of_two_editors_with_the_same_version_one_wins) {
  for (int round = 0; round < 5; ++round) {
    const Book book = add("One");
    std::vector<Task<std::expected<Written, Refusal>>> edits;
    for (int editor = 0; editor < 4; ++editor) {
      edits.push_back(store_->replace(book.id, make_draft("Edited " + std::to_string(editor)), book.version));
    }
    const auto outcomes = run_all(std::move(edits));
    EXPECT_EQ(std::ranges::count_if(outcomes, [](const auto& outcome) { return outcome.has_value(); }), 1);
  }
}

TEST_P(CatalogStoreContract, no_two_states_of_a_book_have_the_same_version) {
  const Book book = add("One");
  std::vector<Task<std::expected<Written, Refusal>>> edits;
  for (int i = 0; i < 30; ++i)
    edits.push_back(store_->replace(book.id, make_draft("T" + std::to_string(i)), std::nullopt));
  std::set<Revision> versions;
  for (const auto& outcome : run_all(std::move(edits))) versions.insert(outcome->book.version);
  EXPECT_EQ(versions.size(), 30u);
  EXPECT_EQ(find(book.id)->version, *versions.rbegin());
  EXPECT_GE(as_of(), *versions.rbegin());
}

TEST_P(CatalogStoreContract, stores_on_one_database_see_each_others_writes_at_once) {
  const auto other = open();
  Book book = add("One", 0);
  for (int i = 1; i <= 20; ++i) {
    Store& writer = i % 2 == 0 ? *store_ : *other;
    Store& reader = i % 2 == 0 ? *other : *store_;
    ASSERT_TRUE(run(writer.adjust_stock(book.id, 1, "", "")));
    EXPECT_EQ(find_in(reader, book.id)->quantity, i);
  }
}

TEST_P(CatalogStoreContract, refuses_what_no_caller_may_pass_without_spoiling_others) {
  EXPECT_THROW(run(store_->create(make_draft("One", -1), "", "")), std::invalid_argument);
  EXPECT_THROW(run(store_->sell({make_sale("k", {})}, {})), std::invalid_argument);
  EXPECT_NO_THROW(run(store_->check()));
}

TEST_P(CatalogStoreContract, an_isbn_may_go_from_one_book_to_another_within_a_batch) {
  BookDraft draft = make_draft("One");
  draft.isbn = "9780306406157";
  const Book one = run(store_->create(draft, "", ""))->book;
  const Book two = add("Two"), three = add("Three");
  BookPatch give_up, take;
  give_up.isbn = {.present = true, .value = std::nullopt};
  take.isbn = {.present = true, .value = *draft.isbn};
  std::vector<Task<std::expected<Written, Refusal>>> edits;
  edits.push_back(store_->patch(two.id, take, std::nullopt));
  edits.push_back(store_->patch(one.id, give_up, std::nullopt));
  edits.push_back(store_->patch(two.id, take, std::nullopt));
  edits.push_back(store_->patch(three.id, take, std::nullopt));
  edits.push_back(store_->patch(two.id, give_up, std::nullopt));
  edits.push_back(store_->patch(one.id, take, std::nullopt));
  std::vector<bool> done;
  for (const auto& edit : run_all(std::move(edits))) done.push_back(edit.has_value());
  EXPECT_EQ(done, (std::vector<bool>{false, true, true, false, true, true}));
  EXPECT_EQ(find(one.id)->isbn, draft.isbn);
  EXPECT_EQ(find(two.id)->isbn, std::nullopt);

  // A write that waits for its front-end lets the others gather behind it.
  run(store_->enroll(make_frontend("a")));
  for (const auto& [from, to] : {std::pair(one.id, three.id), std::pair(three.id, one.id)}) {
    std::latch first_asked(1), queued(1);
    frontends_.answer_with([&](const Invalidation&, std::span<const Member>) {
      if (!first_asked.try_wait()) {
        first_asked.count_down();
        queued.wait();
      }
      return std::vector<Member>{};
    });
    const std::size_t batches = frontends_.asked().size();
    std::thread first([&, id = two.id] { EXPECT_TRUE(run(store_->adjust_stock(id, 1, "", ""))); });
    first_asked.wait();
    Loop loop(1);
    for (auto& move : {std::pair(from, give_up), std::pair(to, take)}) {
      asio::co_spawn(loop, store_->patch(move.first, move.second, std::nullopt),
                     [](const std::exception_ptr& error, const auto& moved) {
                       EXPECT_FALSE(error);
                       EXPECT_TRUE(moved);
                     });
    }
    loop.poll();
    queued.count_down();
    loop.run();
    first.join();
    EXPECT_EQ(frontends_.asked().size(), batches + 2) << "both in one batch";
    EXPECT_EQ(find(to)->isbn, draft.isbn);
  }
}

}  // namespace
}  // namespace bazar::catalog
