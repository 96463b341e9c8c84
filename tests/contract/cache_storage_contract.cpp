#include "tests/contract/cache_storage_contract.hpp"

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <thread>

namespace bazar::frontend {

catalog::Book book(std::int64_t id, Revision version, std::string title) {
  return {.id = BookId{id},
          .title = std::move(title),
          .topic = "distributed systems",
          .price = Money{2235},
          .currency = "USD",
          .quantity = 60,
          .version = version,
          .authors = {},
          .isbn = {},
          .year = {},
          .language = {},
          .description = {}};
}

std::shared_ptr<const BookEntry> book_entry(std::int64_t id, Revision as_of, std::string_view epoch) {
  return make_entry(book(id, as_of), epoch, as_of);
}

std::shared_ptr<const TopicEntry> topic_entry(const std::string& topic, int titles, Revision as_of) {
  TopicTitles page{.topic = topic, .books = {}, .next = {}};
  for (int i = 1; i <= titles; ++i) {
    page.books.push_back({BookId{i}, std::to_string(i) + std::string(100, 't')});
  }
  return make_entry(std::move(page), "E1", as_of);
}

template <class T>
std::shared_ptr<const T> answer_of(http::LoopPool& loops, Lookup<T> lookup) {
  if (!lookup.later) return lookup.found;
  return asio::co_spawn(loops.at(0), *std::move(lookup.later), asio::use_future).get();
}
template std::shared_ptr<const BookEntry> answer_of(http::LoopPool&, Lookup<BookEntry>);
template std::shared_ptr<const TopicEntry> answer_of(http::LoopPool&, Lookup<TopicEntry>);

bool comes_true(const std::function<bool()>& is_so) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::sleep_for(milliseconds(1));
  }
  return true;
}

bool CacheStorageContract::kept(std::int64_t id, Revision as_of, const std::string& epoch) {
  // A machine under load may miss the deadline of a lookup, and a storage may forget.
  return comes_true([&] {
    storage_->put(book_entry(id, as_of, epoch));
    const auto stored = find(id);
    return stored && stored->as_of == as_of;
  });
}

TEST_P(CacheStorageContract, returns_a_book_as_it_was_put_with_epoch_and_revision) {
  catalog::Book whole = book(2, 17, "Xen and the Art, “surviving” \\ \"quoted\" 書店 😀");
  whole.authors = {"Ann", "Ünal"};
  whole.isbn = "9783161484100";
  whole.year = -44;
  whole.language = "en";
  whole.description = std::string(catalog::max_description_bytes, 'd');
  whole.price = Money{Money::max};
  const auto put = make_entry(whole, "E1", 40);
  const auto stored = found_by([&] {
    storage_->put(put);
    return find(2);
  });
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->epoch, "E1");
  EXPECT_EQ(stored->as_of, 40);
  EXPECT_EQ(stored->book(), whole);
  EXPECT_EQ(stored->hit->body(), put->hit->body());
  EXPECT_EQ(stored->hit->etag(), put->hit->etag());
}

TEST_P(CacheStorageContract, amounts_keep_their_currency) {
  for (const auto* currency : {"JPY", "KWD"}) {
    catalog::Book priced = book(3, 17);
    priced.currency = currency;
    priced.price = Money{1'234};
    priced.version = currency[0];
    const auto put = make_entry(priced, "E1", currency[0] + 100);
    ASSERT_TRUE(comes_true([&] {
      storage_->put(put);
      const auto stored = find(3);
      return stored && stored->hit->body() == put->hit->body();
    })) << currency;
  }
}

TEST_P(CacheStorageContract, returns_a_topic_as_it_was_put) {
  const std::string topic = "distributed systems, \"and\" 本";
  const auto put = make_entry(
      TopicTitles{.topic = topic, .books = {{BookId{1}, "One 書"}, {BookId{2}, "Two"}}, .next = "2"}, "E1",
      40);
  const auto stored = found_by([&] {
    storage_->put(topic, put);
    return find(topic);
  });
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->epoch, "E1");
  EXPECT_EQ(stored->as_of, 40);
  EXPECT_EQ(stored->books, put->books);
  EXPECT_EQ(stored->next, put->next);
  EXPECT_EQ(stored->hit->body(), put->hit->body());
  EXPECT_EQ(stored->hit->etag(), put->hit->etag());
}

TEST_P(CacheStorageContract, what_is_not_there_is_null) {
  EXPECT_FALSE(find(1));
  EXPECT_FALSE(find("nothing"));
  EXPECT_FALSE(find(""));
}

TEST_P(CacheStorageContract, a_later_put_takes_the_place_of_an_earlier_one) {
  ASSERT_TRUE(kept(1, 10));
  ASSERT_TRUE(kept(1, 11));
}

TEST_P(CacheStorageContract, an_entry_of_another_epoch_keeps_its_name) {
  // Whether it is returned at all is up to the storage; the protocol refuses it.
  storage_->put(book_entry(1, 99, "E0"));
  if (const auto stored = find(1)) EXPECT_EQ(stored->epoch, "E0");
  storage_->enter_epoch("E2");
  EXPECT_TRUE(kept(1, 3, "E2"));
  const auto stored = found_by([&] { return find(1); });
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->epoch, "E2");
}

TEST_P(CacheStorageContract, keys_of_any_form_do_not_meet) {
  const std::string odd = "a b, set x 0 0 1 %0d%0a \"\\/本 {}$*";
  const std::string long_one(catalog::max_topic_bytes, 'x');
  for (const auto& topic : {odd, long_one, long_one.substr(1), std::string("2")}) {
    const auto put =
        make_entry(TopicTitles{.topic = "t", .books = {}, .next = std::to_string(topic.size())}, "E1", 10);
    ASSERT_TRUE(comes_true([&] {
      storage_->put(topic, put);
      return find(topic) != nullptr;
    }));
  }
  ASSERT_TRUE(kept(2, 10));
  // No topic is like this, but somebody may ask for it.
  EXPECT_FALSE(find(std::string("\r\nget x\r\n\0\xff", 12)));
  for (const auto& topic : {odd, long_one, long_one.substr(1), std::string("2")}) {
    const auto stored = find(topic);
    if (stored) EXPECT_EQ(stored->next, std::to_string(topic.size()));
  }
}

TEST_P(CacheStorageContract, many_entries_are_found_each_under_its_own_key) {
  constexpr int count = 1'000;
  const auto found_after_putting_all = [&] {
    for (int id = 1; id <= count; ++id) storage_->put(book_entry(id, 1'000 + id));
    int found = 0;
    for (int id = 1; id <= count; ++id) {
      const auto stored = find(id);
      if (!stored) continue;
      ++found;
      EXPECT_EQ(stored->book().id.value, id);
      EXPECT_EQ(stored->as_of, 1'000 + id);
    }
    return found;
  };
  // A stall of the machine opens the circuit breaker, and then none is found for a while.
  EXPECT_TRUE(comes_true([&] { return found_after_putting_all() > count / 2; }))
      << "one may be late or forgotten, not most of them";
}

TEST_P(CacheStorageContract, a_page_of_a_thousand_titles_is_kept) {
  const auto put = topic_entry("new", 1'000, 10);
  ASSERT_GT(put->hit->body().size(), 100'000U);
  const auto stored = found_by([&] {
    storage_->put("new", put);
    return find("new");
  });
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->hit->body(), put->hit->body());
}

TEST_P(CacheStorageContract, an_entry_too_large_for_it_is_a_miss_and_hurts_no_other) {
  const auto put = topic_entry("huge", 20'000, 10);
  ASSERT_GT(put->hit->body().size(), 2U << 20);
  storage_->put("huge", put);
  ASSERT_TRUE(kept(1, 10));
  if (put->hit->body().size() <= GetParam().max_entry_bytes) {
    EXPECT_TRUE(found_by([&] {
      storage_->put("huge", put);
      return find("huge");
    }));
  } else {
    EXPECT_FALSE(find("huge"));
  }
  EXPECT_TRUE(kept(1, 11));
}

TEST_P(CacheStorageContract, a_refresh_replaces_in_place_and_brings_nothing_in) {
  storage_->refresh(book_entry(1, 10));
  ASSERT_TRUE(kept(2, 10));  // behind the refresh, in the order of a cache server
  EXPECT_FALSE(find(1));
  ASSERT_TRUE(kept(1, 10));
  EXPECT_TRUE(comes_true([&] {
    storage_->refresh(book_entry(1, 11));
    const auto stored = find(1);
    return stored && stored->as_of == 11;
  }));
}

TEST_P(CacheStorageContract, hints_leave_what_they_do_not_name) {
  ASSERT_TRUE(kept(1, 10));
  storage_->outdated(std::vector<BookId>{BookId{2}}, 11);
  EXPECT_THAT(storage_->outdated(std::vector<BookId>{BookId{1}}, 9), testing::ElementsAre(BookId{1}))
      << "it is later, and in place";
  storage_->topics_outdated();
  const auto stored = find(1);
  ASSERT_TRUE(stored);
  storage_->refused(BookId{1}, *stored);
  EXPECT_TRUE(kept(1, 12));
}

TEST_P(CacheStorageContract, threads_get_whole_entries_of_their_own_key) {
  std::atomic<int> wrong = 0;
  std::atomic<int> found = 0;
  const auto work = [&](Loop& loop, int first) {
    for (int i = 0; i < 400; ++i) {
      const int id = 1 + (first + i) % 7;
      storage_->put(book_entry(id, 1'000 + i));
      auto lookup = storage_->find(BookId{id});
      const auto stored = lookup.later
                              ? asio::co_spawn(loop, *std::move(lookup.later), asio::use_future).get()
                              : lookup.found;
      if (!stored) continue;
      ++found;
      if (stored->book().id.value != id || stored->book().version != stored->as_of) ++wrong;
    }
  };
  {
    std::jthread a([&] { work(loops_.at(0), 0); });
    std::jthread b([&] { work(loops_.at(1), 3); });
    std::jthread c([&] { work(loops_.at(1), 5); });
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(found, 0);
}

TEST_P(CacheStorageContract, after_stop_lookups_are_answered_at_once_and_puts_come_to_nothing) {
  ASSERT_TRUE(kept(1, 10));
  storage_->stop();
  storage_->put(book_entry(2, 10));
  static_cast<void>(find(1));
  static_cast<void>(find("new"));
  storage_->stop();
}

}  // namespace bazar::frontend
