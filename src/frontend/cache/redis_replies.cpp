#include "frontend/cache/redis_replies.hpp"

#include <hiredis/hiredis.h>

#include "base/errors.hpp"

namespace bazar::frontend {
namespace {

RedisReply::Kind kind_of(int type) {
  switch (type) {
    case REDIS_REPLY_STRING:
      return RedisReply::Kind::string;
    case REDIS_REPLY_STATUS:
      return RedisReply::Kind::status;
    case REDIS_REPLY_ERROR:
      return RedisReply::Kind::error;
    case REDIS_REPLY_INTEGER:
      return RedisReply::Kind::integer;
    case REDIS_REPLY_ARRAY:
      return RedisReply::Kind::array;
    default:
      return RedisReply::Kind::nil;
  }
}

/// The parent owns its elements; whoever asked the reader for it owns the root.
RedisReply* place(const redisReadTask* task, RedisReply value) {
  auto* const reply = new RedisReply(std::move(value));
  if (task->parent) static_cast<RedisReply*>(task->parent->obj)->elements.emplace_back(reply);
  return reply;
}

void* create_string(const redisReadTask* task, char* text, std::size_t size) {
  return place(task, {.kind = kind_of(task->type), .text = std::string(text, size)});
}
void* create_array(const redisReadTask* task, int elements) {
  // hiredis's own would allocate whatever number the server names.
  const auto max = *static_cast<const std::size_t*>(task->privdata);
  if (elements < 0 || static_cast<std::size_t>(elements) > max) return nullptr;
  return place(task, {.kind = RedisReply::Kind::array});
}
void* create_integer(const redisReadTask* task, long long /* no command that is sent here needs it */) {
  return place(task, {.kind = RedisReply::Kind::integer});
}
void* create_nil(const redisReadTask* task) { return place(task, {}); }
void free_reply(void* reply) { delete static_cast<RedisReply*>(reply); }

redisReplyObjectFunctions functions{create_string, create_array, create_integer, create_nil, free_reply};

}  // namespace

void append_redis_command(std::string& out, const std::vector<std::string_view>& words) {
  std::vector<const char*> data;
  std::vector<std::size_t> sizes;
  for (const std::string_view word : words) {
    data.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* command = nullptr;
  const int size =
      redisFormatCommandArgv(&command, static_cast<int>(words.size()), data.data(), sizes.data());
  if (size < 0) throw std::bad_alloc();
  out.append(command, static_cast<std::size_t>(size));
  redisFreeCommand(command);
}

void RedisReplies::Free::operator()(redisReader* reader) const { redisReaderFree(reader); }

RedisReplies::RedisReplies(std::size_t max_elements, std::size_t max_bytes)
    : max_elements_(max_elements),
      max_bytes_(max_bytes),
      reader_(redisReaderCreateWithFunctions(&functions)) {
  if (!reader_) throw std::bad_alloc();
  reader_->privdata = const_cast<std::size_t*>(&max_elements_);
}

void RedisReplies::feed(std::string_view bytes) {
  fed_bytes_ += bytes.size();
  if (fed_bytes_ > max_bytes_) throw Unavailable("Redis sends more than was asked for");
  if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) throw std::bad_alloc();
}

std::unique_ptr<RedisReply> RedisReplies::next() {
  void* reply = nullptr;
  if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK)
    throw Unavailable(std::string("what answers is no Redis: ") + reader_->errstr);
  return std::unique_ptr<RedisReply>(static_cast<RedisReply*>(reply));
}

bool RedisReplies::has_rest() const { return reader_->len > reader_->pos; }

}  // namespace bazar::frontend
