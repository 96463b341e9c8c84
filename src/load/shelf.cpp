#include "load/shelf.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/json/parse.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <exception>
#include <stdexcept>

#include "base/task.hpp"

namespace bazar::load {
namespace {

constexpr milliseconds patience{10'000};
constexpr std::size_t page = 1'000;

Unavailable not_a_store(const http::Endpoint& store) {
  return Unavailable(http::to_url(store) + " does not answer as a store does");
}

Task<boost::json::value> get(http::Client& client, http::Endpoint store, std::string target) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + patience;
  const http::ClientRequest request{.target = std::move(target), .headers = {{"Accept", "application/json"}}};
  const auto response = co_await client.send(store, request, deadline);
  boost::system::error_code error;
  boost::json::value body = boost::json::parse(response.body, error);
  if (response.status != 200 || error) throw not_a_store(store);
  co_return body;
}

Task<void> read_books(http::Client& client, http::Endpoint store, std::size_t most,
                      std::vector<BookId>& books) {
  std::string after;
  while (books.size() < most) {
    const auto list = co_await get(
        client, store, "/info?limit=" + std::to_string(std::min(page, most - books.size())) + after);
    for (const auto& book : list.at("books").as_array())
      books.push_back({book.at("id").to_number<std::int64_t>()});
    const auto* next = list.at("next").if_string();
    if (!next) co_return;
    after = "&after=" + boost::urls::encode(std::string_view(*next), boost::urls::unreserved_chars);
  }
}

Task<void> read_topics(http::Client& client, http::Endpoint store, std::vector<Topic>& topics) {
  const auto list = co_await get(client, store, "/topics");
  for (const auto& topic : list.at("topics").as_array()) {
    topics.push_back({.name = std::string(topic.at("topic").as_string()),
                      .weight = topic.at("books").to_number<double>()});
  }
}

template <class Read>
void wait_for(const http::Endpoint& store, Read&& read) {
  Loop loop(1);
  http::Client client(loop, {});
  std::exception_ptr failure;
  asio::co_spawn(loop, read(client), [&](std::exception_ptr error) {
    failure = std::move(error);
    loop.stop();
  });
  loop.run();
  try {
    if (failure) std::rethrow_exception(failure);
  } catch (const boost::system::system_error&) {
    throw not_a_store(store);
  } catch (const std::out_of_range&) {
    throw not_a_store(store);  // a member is missing
  }
}

}  // namespace

std::vector<BookId> find_books(const http::Endpoint& store, std::size_t most) {
  std::vector<BookId> books;
  wait_for(store, [&](http::Client& client) { return read_books(client, store, most, books); });
  return books;
}

std::vector<Topic> find_topics(const http::Endpoint& store) {
  std::vector<Topic> topics;
  wait_for(store, [&](http::Client& client) { return read_topics(client, store, topics); });
  return topics;
}

}  // namespace bazar::load
