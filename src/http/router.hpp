#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/task.hpp"
#include "http/message.hpp"
#include "http/problem.hpp"

namespace bazar::http {

class Later;

/// An answer at once, or a coroutine that makes it, or one that is told later without a coroutine: each of
/// them costs as much as a hit's look into the cache.
using Reply = std::variant<Response, Task<Response>, std::shared_ptr<Later>>;

/// An answer that comes when something else is done, on the loop of the session that waits for it.
class Later {
 public:
  /// Resumes the session, within the call: with what to answer, or what there is to throw.
  using Told = std::move_only_function<void(std::exception_ptr, Reply)>;

  virtual ~Later() = default;
  /// Called once. `told` is then called once, on the loop, after this has returned. Whoever will call it
  /// keeps this meanwhile: the session does not.
  virtual void tell(Told told) = 0;
};

/// Answers one request. May throw: an `Outage` becomes 503 with `Retry-After` (DeadlineExceeded, Overloaded,
/// Unavailable), anything else 500 and a line in the log.
using Handler = std::function<Reply(Request&)>;

/// Writes a refusal or failure that no handler answered: unknown routes and methods, what breaks a limit or
/// the grammar, exceptions. Of a request whose head could not be read, only what was read is there.
using ProblemWriter = std::function<Response(const Request&, const Problem&)>;

/// What a route wants of a body, checked before its handler runs.
struct BodyRule {
  std::vector<std::string> media_types = {};  ///< accepted; empty: the route takes no body. Others get 415.
  std::size_t limit = std::size_t{1} << 20;   ///< bytes; longer gets 413

  static BodyRule none() { return {}; }
  static BodyRule json(std::size_t limit = std::size_t{1} << 20) { return {{"application/json"}, limit}; }
};

struct Route {
  Method method;
  std::string pattern;  ///< `/books/{id}`; also the label in metrics
  BodyRule body;
  Handler handler;
};

/// Finds the handler of a method and path, and writes the problems of those that have none. A literal segment
/// wins over `{…}`. HEAD finds GET. One a loop.
class Router {
 public:
  Router();
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  void add(Method method, std::string pattern, Handler handler) {
    add(method, std::move(pattern), BodyRule::none(), std::move(handler));
  }
  void add(Method method, std::string pattern, BodyRule body, Handler handler);

  /// JSON where nothing is set.
  void set_problem_writer(ProblemWriter writer) { write_problem_ = std::move(writer); }
  [[nodiscard]] Response write(const Request& request, const Problem& problem) const {
    return write_problem_ ? write_problem_(request, problem) : to_response(problem);
  }

  struct Match {
    const Route* route = nullptr;          ///< null: see `allow`
    std::vector<std::string> params = {};  ///< decoded
    std::string allow = {};                ///< the path's methods for 405; empty: 404
    bool undecodable = false;  ///< bad percent-encoding, invalid UTF-8, NUL or control characters: 400
  };
  /// `path` as sent, without the query. `params` is memory to be used again.
  [[nodiscard]] Match find(Method method, std::string_view path, std::vector<std::string> params = {}) const;

  [[nodiscard]] const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

 private:
  struct Node;
  struct Segments;
  static const Node* descend(const Node& node, const Segments& segments, std::size_t depth,
                             std::vector<std::string>& params);
  static std::string allowed_methods(const Node& node);

  std::unique_ptr<Node> root_;
  std::vector<std::unique_ptr<Route>> routes_;
  ProblemWriter write_problem_;
};

}  // namespace bazar::http
