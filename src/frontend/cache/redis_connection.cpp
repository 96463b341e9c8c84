#include "frontend/cache/redis_connection.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include "base/errors.hpp"
#include "http/name_lookup.hpp"

namespace bazar::frontend {
namespace {

constexpr std::size_t max_array = 4'096;
constexpr std::size_t max_answer_bytes = std::size_t{64} << 20;
constexpr milliseconds name_patience{500};

std::string commands_of(const CacheConnection::Exchange& exchange) {
  std::string commands;
  if (exchange.keys.empty() && exchange.puts.empty()) append_redis_command(commands, {"PING"});
  if (!exchange.keys.empty()) {
    std::vector<std::string_view> words{"MGET"};
    words.insert(words.end(), exchange.keys.begin(), exchange.keys.end());
    append_redis_command(commands, words);
  }
  const std::string seconds = std::to_string(CacheConnection::time_to_live.count());
  for (const auto& put : exchange.puts) {
    std::vector<std::string_view> words{"SET", put.key, put.value, "EX", seconds};
    if (put.only_in_place) words.push_back("XX");
    append_redis_command(commands, words);
  }
  return commands;
}

[[noreturn]] void refuse(const RedisReply& reply) {
  if (reply.kind == RedisReply::Kind::error) throw Unavailable("Redis answers " + reply.text.substr(0, 200));
  throw Unavailable("Redis answers something else than was asked for");
}

std::vector<std::optional<std::string>> values_of(RedisReply& reply, std::size_t keys) {
  if (reply.kind != RedisReply::Kind::array || reply.elements.size() != keys) refuse(reply);
  std::vector<std::optional<std::string>> values;
  values.reserve(keys);
  for (const auto& element : reply.elements) {
    if (element->kind == RedisReply::Kind::string)
      values.emplace_back(std::move(element->text));
    else if (element->kind == RedisReply::Kind::nil)
      values.emplace_back(std::nullopt);
    else
      refuse(*element);
  }
  return values;
}

}  // namespace

Task<CacheConnection::Answer> RedisConnection::exchange(Exchange exchange) {
  abandoned_ = false;
  Answer answer;
  std::string trouble;
  try {
    if (!replies_) co_await connect();
    co_await converse(std::move(exchange), answer);
  } catch (const boost::system::system_error& error) {
    trouble = abandoned_ ? "Redis does not answer in time" : error.code().message();
  } catch (...) {
    close();
    throw;
  }
  if (!trouble.empty()) {
    close();
    throw Unavailable(trouble);
  }
  co_return answer;
}

Task<> RedisConnection::connect() {
  const auto endpoints = co_await http::look_up(server_, std::chrono::steady_clock::now() + name_patience);
  if (endpoints.empty()) throw Unavailable("no address is known of " + server_.host);
  boost::system::error_code error;
  for (const auto& endpoint : endpoints) {
    if (abandoned_) break;
    error.clear();
    socket_ = Socket(socket_.get_executor());
    co_await socket_.async_connect(endpoint, asio::redirect_error(use_task, error));
    if (!error) break;
  }
  if (abandoned_) throw Unavailable("Redis does not answer in time");
  if (error) throw boost::system::system_error(error);
  socket_.set_option(asio::ip::tcp::no_delay(true));
  replies_.emplace(max_array, max_answer_bytes);
}

Task<> RedisConnection::converse(Exchange exchange, Answer& answer) {
  const std::string commands = commands_of(exchange);
  replies_->restart_allowance();
  co_await asio::async_write(socket_, asio::buffer(commands), use_task);
  if (exchange.keys.empty() && exchange.puts.empty()) {
    const auto pong = co_await receive();
    if (pong->kind != RedisReply::Kind::status || pong->text != "PONG") refuse(*pong);
  }
  if (!exchange.keys.empty()) {
    const auto reply = co_await receive();
    answer.values = values_of(*reply, exchange.keys.size());
  }
  for (const auto& put : exchange.puts) {
    const auto reply = co_await receive();
    const bool absent = put.only_in_place && reply->kind == RedisReply::Kind::nil;
    if (reply->kind == RedisReply::Kind::error)
      ++answer.refused_puts;
    else if (!absent && (reply->kind != RedisReply::Kind::status || reply->text != "OK"))
      refuse(*reply);
  }
  // Out of step: the next answers would be taken for those of other questions.
  if (replies_->has_rest()) throw Unavailable("Redis sends more than was asked for");
}

Task<std::unique_ptr<RedisReply>> RedisConnection::receive() {
  for (;;) {
    if (auto reply = replies_->next()) co_return reply;
    const std::size_t size = co_await socket_.async_read_some(asio::buffer(buffer_), use_task);
    replies_->feed({buffer_.data(), size});
  }
}

void RedisConnection::abandon() {
  abandoned_ = true;
  boost::system::error_code ignored;  // it is given up either way
  socket_.close(ignored);
}

void RedisConnection::close() {
  replies_.reset();
  boost::system::error_code ignored;  // it is given up either way
  socket_.close(ignored);
}

}  // namespace bazar::frontend
