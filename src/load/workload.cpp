#include "load/workload.hpp"

#include <fmt/format.h>

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <charconv>
#include <stdexcept>

namespace bazar::load {
namespace {

constexpr std::string_view buyer = R"({"name":"bench"})";

Popularity popularity_of_books(const Plan& plan) {
  if (plan.popularity.empty())
    return Popularity::zipf(std::max<std::size_t>(plan.books.size(), 1), plan.zipf_exponent);
  return Popularity::weighted(plan.popularity);
}

Popularity popularity_of_topics(const Plan& plan) {
  if (plan.topics.empty()) return Popularity::zipf(1, 0);
  std::vector<double> weights;
  weights.reserve(plan.topics.size());
  for (const Topic& topic : plan.topics) weights.push_back(topic.weight);
  return Popularity::weighted(weights);
}

void check(const Plan& plan) {
  const auto needs = [&](Operation operation) { return plan.mix.part(operation) > 0; };
  if (plan.targets.empty()) throw std::invalid_argument("a load needs a target");
  if (plan.connections == 0) throw std::invalid_argument("a load needs a connection");
  if ((needs(Operation::lookup) || needs(Operation::purchase)) && plan.books.empty())
    throw std::invalid_argument("lookups and purchases need books");
  if (!plan.popularity.empty() && plan.popularity.size() != plan.books.size())
    throw std::invalid_argument("popularity needs a weight for each book");
  if (needs(Operation::search) && plan.topics.empty()) throw std::invalid_argument("searches need topics");
}

/// As a Host field names it.
std::string authority(const http::Endpoint& endpoint) {
  return http::to_url(endpoint).substr(std::string_view("http://").size());
}

void append_number(std::string& out, std::int64_t number) {
  std::array<char, 20> digits;
  const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

}  // namespace

Workload::Workload(const Plan& plan, std::string key_prefix)
    : plan_((check(plan), plan)),
      key_prefix_(std::move(key_prefix)),
      random_(plan.seed),
      books_(popularity_of_books(plan)),
      topics_(popularity_of_topics(plan)) {
  for (const http::Endpoint& target : plan.targets) {
    read_tails_.push_back(fmt::format(" HTTP/1.1\r\nHost: {}\r\n\r\n", authority(target)));
    purchase_middles_.push_back(
        fmt::format(" HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n"
                    "Idempotency-Key: ",
                    authority(target), buyer.size()));
  }
  for (const Topic& topic : plan.topics)
    topic_paths_.push_back("/search/" + boost::urls::encode(topic.name, boost::urls::unreserved_chars));
}

Operation Workload::draw() { return load::draw(plan_.mix, random_); }

BookId Workload::draw_book() {
  return plan_.mix.one_book ? plan_.books.front() : plan_.books[books_.draw(random_)];
}

void Workload::write(std::string& out, Operation operation, std::size_t target) {
  switch (operation) {
    case Operation::lookup:
      out = "GET /info/";
      append_number(out, draw_book().value);
      out += read_tails_[target];
      return;
    case Operation::search:
      out = "GET ";
      out += topic_paths_[topics_.draw(random_)];
      out += read_tails_[target];
      return;
    case Operation::purchase:
      out = "POST /purchase/";
      append_number(out, draw_book().value);
      out += purchase_middles_[target];
      append_key(out);
      out += "\r\n\r\n";
      out += buyer;
      return;
    case Operation::fetch:
      out = "GET ";
      out += plan_.path;
      out += read_tails_[target];
      return;
  }
}

void Workload::append_key(std::string& out) {
  out += key_prefix_;
  out += '-';
  append_number(out, static_cast<std::int64_t>(++keys_));
}

}  // namespace bazar::load
