#include "tests/contract/cache_server_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "base/random.hpp"
#include "base/tcp_ports.hpp"

extern char** environ;

namespace bazar::frontend {
namespace {

using asio::ip::tcp;
constexpr std::chrono::seconds patience{20};

/// A plain connection that speaks lines, to be independent of what is tested.
class LineClient {
 public:
  explicit LineClient(std::uint16_t port) { socket_.connect({asio::ip::address_v4::loopback(), port}); }

  void send(const std::string& text) { asio::write(socket_, asio::buffer(text)); }
  std::string line() {
    const std::size_t size = asio::read_until(socket_, asio::dynamic_buffer(buffer_), "\r\n");
    std::string line = buffer_.substr(0, size - 2);
    buffer_.erase(0, size);
    return line;
  }
  /// Exactly so many bytes and the end of the line.
  std::string bytes(std::size_t size) {
    if (buffer_.size() < size + 2)
      asio::read(socket_, asio::dynamic_buffer(buffer_), asio::transfer_exactly(size + 2 - buffer_.size()));
    std::string bytes = buffer_.substr(0, size);
    buffer_.erase(0, size + 2);
    return bytes;
  }

 private:
  Loop loop_;
  Socket socket_{loop_};
  std::string buffer_;
};

std::string redis_words(const std::vector<std::string>& words) {
  std::string command = "*" + std::to_string(words.size()) + "\r\n";
  for (const auto& word : words) command += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return command;
}

std::string percent_decoded(const std::string& text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      decoded += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

}  // namespace

CacheServerProcess::CacheServerProcess(Kind kind, std::vector<std::string> options)
    : kind_(kind),
      options_(std::move(options)),
      folder_(std::filesystem::temp_directory_path() / ("bazar-cache-" + random_hex(8))) {
  std::filesystem::create_directory(folder_);
  port_ = any_free_port(asio::ip::address_v4::loopback());
  start();
}

CacheServerProcess::~CacheServerProcess() {
  kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string CacheServerProcess::url() const {
  return (kind_ == Kind::redis ? "redis://127.0.0.1:" : "memcached://127.0.0.1:") + std::to_string(port_);
}

void CacheServerProcess::start() {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  launch();
  while (!answers()) {
    if (std::chrono::steady_clock::now() > give_up)
      throw std::runtime_error("the cache server does not start");
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {  // somebody else has taken the port meanwhile
      launch();
    }
    std::this_thread::sleep_for(milliseconds(5));
  }
}

void CacheServerProcess::launch() {
  const std::string port = std::to_string(port_);
  std::vector<std::string> words;
  if (kind_ == Kind::redis) {
    words = {"redis-server", "--port", port,    "--bind",        "127.0.0.1", "--save", "",
             "--appendonly", "no",     "--dir", folder_.string()};
  } else {
    words = {"memcached", "-l", "127.0.0.1", "-p", port, "-U", "0", "-t", "1"};
    if (geteuid() == 0) words.insert(words.end(), {"-u", "nobody"});
  }
  words.insert(words.end(), options_.begin(), options_.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  const int error = posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start " + words[0]);
}

bool CacheServerProcess::answers() const {
  try {
    return !command(kind_ == Kind::redis ? "PING" : "version").empty();
  } catch (const boost::system::system_error&) {
    return false;
  }
}

void CacheServerProcess::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}
void CacheServerProcess::freeze() const {
  ::kill(pid_, SIGSTOP);
  waitpid(pid_, nullptr, WUNTRACED);
}
void CacheServerProcess::thaw() const { ::kill(pid_, SIGCONT); }

std::string CacheServerProcess::command(const std::string& line) const {
  LineClient client(port_);
  client.send(line + "\r\n");
  return client.line();
}

void CacheServerProcess::flush() const {
  static_cast<void>(command(kind_ == Kind::redis ? "FLUSHALL" : "flush_all"));
}

std::vector<std::string> CacheServerProcess::keys() const {
  std::vector<std::string> keys;
  LineClient client(port_);
  if (kind_ == Kind::redis) {
    client.send("KEYS *\r\n");
    const int count = std::stoi(client.line().substr(1));
    for (int i = 0; i < count; ++i) keys.push_back(client.bytes(std::stoul(client.line().substr(1))));
    return keys;
  }
  client.send("lru_crawler metadump all\r\n");
  for (std::string line = client.line(); line != "END"; line = client.line()) {
    // Lines of this command end in a bare newline.
    std::istringstream lines(line);
    for (std::string one; std::getline(lines, one);) {
      if (one.starts_with("key=")) keys.push_back(percent_decoded(one.substr(4, one.find(' ') - 4)));
    }
    if (line.ends_with("END")) break;
  }
  return keys;
}

std::optional<std::string> CacheServerProcess::read(const std::string& key) const {
  LineClient client(port_);
  if (kind_ == Kind::redis) {
    client.send(redis_words({"GET", key}));
    const std::string head = client.line();
    if (head == "$-1") return std::nullopt;
    return client.bytes(std::stoul(head.substr(1)));
  }
  client.send("get " + key + "\r\n");
  const std::string head = client.line();
  if (head == "END") return std::nullopt;
  return client.bytes(std::stoul(head.substr(head.rfind(' ') + 1)));
}

void CacheServerProcess::write(const std::string& key, const std::string& value) const {
  LineClient client(port_);
  if (kind_ == Kind::redis)
    client.send(redis_words({"SET", key, value}));
  else
    client.send("set " + key + " 0 0 " + std::to_string(value.size()) + "\r\n" + value + "\r\n");
  const std::string said = client.line();
  if (said != "+OK" && said != "STORED") throw std::runtime_error("not written: " + said);
}

}  // namespace bazar::frontend
