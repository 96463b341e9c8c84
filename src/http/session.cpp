#include "http/session.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <charconv>

#include "base/errors.hpp"
#include "http/response_head.hpp"
#include "http/syntax.hpp"
#include "http/uri.hpp"
#include "http/worker.hpp"
#include "observe/log.hpp"

namespace bazar::http {
namespace {

using boost::system::error_code;

constexpr std::size_t joined_body_limit = 16 * 1024;  ///< a longer body is not copied beside its head
constexpr std::size_t drain_block = 16 * 1024;
/// What a request refused at its head may still bring without costing the connection.
constexpr std::size_t ignored_body_limit = 64 * 1024;
constexpr int max_deadline_ms = 600'000;

SteadyTime read_clock() { return std::chrono::steady_clock::now(); }

Problem method_not_allowed() {
  return {.status = 405, .slug = "method-not-allowed", .title = "The method is not allowed here"};
}

Problem unsupported_media_type(std::string detail) {
  return {.status = 415,
          .slug = "unsupported-media-type",
          .title = "The media type is not supported",
          .detail = std::move(detail)};
}

/// `type/subtype` and any parameters: only `charset=utf-8` is of use to us.
bool accepts(const std::vector<std::string>& media_types, std::string_view content_type) {
  const std::size_t end = std::min(content_type.find(';'), content_type.size());
  const std::string_view media_type = trim_blanks(content_type.substr(0, end));
  if (std::ranges::none_of(media_types,
                           [&](const auto& known) { return equal_ignoring_case(known, media_type); })) {
    return false;
  }
  std::string_view rest = content_type.substr(end);
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::size_t next = std::min(rest.find(';'), rest.size());
    const std::string_view parameter = trim_blanks(rest.substr(0, next));
    rest.remove_prefix(next);
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos || !equal_ignoring_case(parameter.substr(0, equals), "charset"))
      continue;
    const std::string_view charset = parameter.substr(equals + 1);
    if (!equal_ignoring_case(charset, "utf-8") && !equal_ignoring_case(charset, "\"utf-8\"")) return false;
  }
  return true;
}

/// Not to be cancelled: `cut` closes the socket, which ends what waits for it. It saves the entry in the
/// slot.
template <class Token>
auto unslotted(Token token) {
  return asio::bind_cancellation_slot(asio::cancellation_slot(), std::move(token));
}

/// Suspends until `later` tells its answer.
auto told_by(std::shared_ptr<Later> later) {
  return asio::async_initiate<const asio::use_awaitable_t<LoopExecutor>, void(std::exception_ptr, Reply)>(
      // The frame of this outlives the call, and whoever will tell holds the frame: it must not hold `later`.
      [later = std::move(later)](auto handler) mutable {
        std::exchange(later, nullptr)->tell(Later::Told(std::move(handler)));
      },
      use_task);
}

/// Weak comparison (RFC 9110, 8.8.3.2).
std::string_view opaque_tag(std::string_view tag) { return tag.starts_with("W/") ? tag.substr(2) : tag; }

}  // namespace

Session::Session(std::shared_ptr<Worker> worker, Socket socket, const asio::ip::address& peer)
    : worker_(std::move(worker)),
      socket_(std::move(socket)),
      reader_(worker_->limits(), worker_->last_fields()),
      now_(read_clock()) {
  request_.peer = peer;
}

Session::~Session() { worker_->session_ended(); }

void Session::launch(const std::shared_ptr<Session>& self) {
  // The completion handler keeps the session, and with it the slot, until its coroutine is gone.
  asio::co_spawn(self->socket_.get_executor(), self->serve(),
                 asio::bind_cancellation_slot(self->cancel_.slot(), [self](const std::exception_ptr& error) {
                   if (!error || self->cut_) return;
                   try {
                     std::rethrow_exception(error);
                   } catch (const std::exception& failure) {
                     observe::log_error("a session failed", {{"error", failure.what()}});
                   }
                 }));
}

void Session::close() {
  error_code ignored;  // there is nobody left to tell
  socket_.close(ignored);
}

void Session::close_if_overdue(SteadyTime now) {
  if (now < deadline_ || !socket_.is_open()) return;
  if (!reader_.is_idle()) worker_->metrics().rejected("timeout");
  close();
}

void Session::close_if_idle() {
  if (reader_.is_idle()) close();
}

void Session::cut() {
  cut_ = true;
  close();
  cancel_.emit(asio::cancellation_type::terminal);
}

Task<> Session::serve() {
  error_code error;
  socket_.non_blocking(true, error);
  bool close = static_cast<bool>(error);
  while (!close) {
    begin_request();
    Reading reading = read_request();
    while (reading == Reading::needs_bytes || reading == Reading::needs_continue) {
      if (reading == Reading::needs_continue) {
        compose_continue();
        if (const error_code blocked = write_composed(); blocked && !co_await write_rest(blocked)) co_return;
      }
      const std::span<char> room = reader_.prepare();
      const asio::mutable_buffer buffer(room.data(), room.size());
      std::size_t bytes = 0;
      error = asio::error::would_block;
      if (spare_read_.is_due()) {
        co_await asio::post(unslotted(use_task));
        bytes = socket_.read_some(buffer, error);
        spare_read_.was(error == asio::error::would_block);
      }
      if (error == asio::error::would_block) {
        bytes = co_await socket_.async_read_some(buffer, unslotted(asio::redirect_error(use_task, error)));
      }
      if (error) co_return;
      received(bytes);
      reading = read_request();
    }
    if (reading == Reading::closed) co_return;

    const bool whole = reader_.advance() == RequestReader::Step::complete;
    close = !whole || !reader_.head().keep_alive;
    std::optional<Response> response = std::exchange(refusal_, std::nullopt);
    if (!response) {
      deadline_ = SteadyTime::max();  // the handler keeps to the request's deadline
      try {
        Reply reply = route_->handler(request_);
        if (auto* const awaited = std::get_if<std::shared_ptr<Later>>(&reply))
          reply = co_await told_by(std::move(*awaited));
        if (auto* const later = std::get_if<Task<Response>>(&reply)) {
          response = co_await std::move(*later);
        } else {
          response = std::get<Response>(std::move(reply));
        }
      } catch (...) {
        response = failure();
      }
    }
    close = close || worker_->stopping();
    const bool unread = !whole || reader_.has_more_than_request();
    compose(*response, close);
    const error_code blocked = write_composed();
    const bool written = !blocked || co_await write_rest(blocked);
    answered();
    if (!written) co_return;
    if (close && unread) co_await drain();
    if (!close) reader_.consume();
  }
}

void Session::begin_request() {
  continued_ = false;
  route_ = nullptr;
  request_.method = Method::get;
  request_.trace = {};
  started_ = now_;
  deadline_ = now_ + (reader_.is_idle() ? worker_->limits().idle_timeout : worker_->limits().header_timeout);
}

Session::Reading Session::read_request() {
  for (;;) {
    switch (reader_.advance()) {
      case RequestReader::Step::complete:
        restore_views();
        return Reading::ready;
      case RequestReader::Step::refused:
        refusal_ = refusal(reader_.refusal());
        return Reading::refused;
      case RequestReader::Step::head:
        started_ = now_;
        refusal_ = refuse_at_head();
        if (refusal_) return Reading::refused;
        continue;
      case RequestReader::Step::need_more:
        break;
    }
    if (worker_->stopping() && reader_.is_idle()) return Reading::closed;
    if (!reader_.is_in_body() || std::exchange(continued_, true)) return Reading::needs_bytes;
    deadline_ = now_ + worker_->limits().body_timeout;
    return reader_.head().expects_continue ? Reading::needs_continue : Reading::needs_bytes;
  }
}

void Session::received(std::size_t bytes) {
  now_ = read_clock();
  if (reader_.is_idle()) deadline_ = now_ + worker_->limits().header_timeout;
  reader_.commit(bytes);
}

std::optional<Response> Session::refuse_at_head() {
  const RequestHead& head = reader_.head();
  request_.method = head.method;
  set_trace();
  if (!set_deadline()) {
    return refusal(bad_request({"Bazar-Deadline-Ms", "a number of milliseconds, 1 to 600000"}));
  }
  auto refused = match_route();
  if (!refused) refused = check_body_rule();
  // What is refused here needs no body, but a short one that is already here must not cost the connection.
  reader_.set_body_limit(refused ? ignored_body_limit : route_->body.limit);
  return refused;
}

std::optional<Response> Session::match_route() {
  const auto target = parse_target(reader_.head().method, reader_.head().target);
  if (!target) return refusal(bad_request({"target", "must be a path"}));
  request_.query.clear();
  if (!decode_query(target->query, request_.query)) {
    return refusal(
        bad_request({"query", "at most 100 parameters in percent-encoded UTF-8 without control characters"}));
  }
  Router::Match match = worker_->router().find(request_.method, target->path, std::move(request_.params));
  if (match.undecodable) {
    return refusal(bad_request({"path", "must be percent-encoded UTF-8 without control characters"}));
  }
  if (match.route == nullptr && match.allow.empty())
    return refusal(not_found("There is nothing at this address."));
  if (match.route == nullptr) {
    Response response = refusal(method_not_allowed());
    response.set("Allow", std::move(match.allow));
    return response;
  }
  route_ = match.route;
  request_.params = std::move(match.params);
  return std::nullopt;
}

std::optional<Response> Session::check_body_rule() {
  const RequestHead& head = reader_.head();
  if (head.expects_something_else) {
    return refusal(
        {.status = 417, .slug = "expectation-failed", .title = "Only 100-continue can be expected"});
  }
  if (!head.has_body()) return std::nullopt;
  if (!head.content_encoding.empty() && !equal_ignoring_case(head.content_encoding, "identity")) {
    return refusal(unsupported_media_type("no content coding is supported"));
  }
  const auto& media_types = route_->body.media_types;
  if (!media_types.empty() && !accepts(media_types, head.content_type)) {
    return refusal(unsupported_media_type("this route takes " + media_types.front() + " in UTF-8"));
  }
  return std::nullopt;
}

bool Session::set_deadline() {
  milliseconds left = worker_->limits().request_timeout;
  if (const auto text = reader_.head().deadline_ms) {
    int wanted = 0;
    const auto [stop, error] = std::from_chars(text->data(), text->data() + text->size(), wanted);
    if (error != std::errc() || stop != text->data() + text->size() || wanted < 1 || wanted > max_deadline_ms)
      return false;
    left = std::min(milliseconds(wanted), worker_->limits().max_request_timeout);
  }
  request_.deadline = started_ + left;
  return true;
}

void Session::set_trace() {
  const std::string_view sent = reader_.head().traceparent;
  auto trace = sent.empty() ? std::nullopt : observe::parse_traceparent(sent);
  request_.trace = trace ? *trace : observe::new_trace();
}

void Session::restore_views() {
  request_.target = reader_.head().target;
  request_.headers = reader_.head().headers;
  request_.body = reader_.body();
}

Response Session::refusal(const Problem& problem) {
  worker_->metrics().rejected(problem.slug);
  request_.target = reader_.head().target;
  request_.headers = reader_.head().headers;
  return worker_->router().write(request_, problem);
}

Response Session::failure() {
  const auto outage = [this](const Outage& error, const Problem& problem) {
    observe::log_warning(
        "a request could not be served",
        {{"error", error.what()}, {"route", route_->pattern}, {"trace", request_.trace.id()}});
    return worker_->router().write(request_, problem);
  };
  try {
    throw;
  } catch (const Overloaded&) {
    // Counted, not logged: a line each would be more work than the refusal.
    worker_->metrics().rejected("overloaded");
    return worker_->router().write(request_,
                                   overloaded("This request did nothing. Please try again in a moment."));
  } catch (const DeadlineExceeded& error) {
    return outage(error, unavailable("the time for this request is up"));
  } catch (const Outage& error) {
    return outage(error, unavailable("a part that this request needs cannot be reached"));
  } catch (const std::exception& error) {
    if (!cut_) {
      observe::log_error(
          "a handler failed",
          {{"error", error.what()}, {"route", route_->pattern}, {"trace", request_.trace.id()}});
    }
  } catch (...) {
    observe::log_error("a handler failed", {{"route", route_->pattern}, {"trace", request_.trace.id()}});
  }
  return worker_->router().write(request_,
                                 {.status = 500, .slug = "internal-error", .title = "The server failed"});
}

bool Session::knows(std::string_view etag) const {
  std::string_view known = reader_.head().if_none_match;
  if (known.empty()) return false;
  if (request_.method != Method::get && request_.method != Method::head) return false;
  if (known == "*") return true;
  while (const auto element = next_list_element(known)) {
    if (opaque_tag(*element) == opaque_tag(etag)) return true;
  }
  return false;
}

void Session::compose_continue() {
  worker_->output() = "HTTP/1.1 100 Continue\r\n\r\n";
  long_body_ = {};
}

void Session::compose(Response& response, bool close) {
  AnswerContext context{.now = now_};
  if (reader_.head().http_1_0) context.persistence = Persistence::keep_explicitly;
  if (close) context.persistence = Persistence::close;
  // Who sent a trace is told it, and who has something to complain of.
  if (request_.trace.exists() && (!reader_.head().traceparent.empty() || response.status >= 400))
    context.trace = &request_.trace;
  worker_->output().clear();
  long_body_ = {};
  if (response.prepared && response.fields.empty()) return compose_prepared(*response.prepared, context);
  if (response.status == 200 && !reader_.head().if_none_match.empty()) {
    const auto etag = response.prepared ? response.prepared->etag() : response.header("ETag");
    if (etag && knows(*etag)) {
      response.status = 304;
      response.fields.remove("Content-Type");
    }
  }
  status_ = response.status;
  append_head(worker_->output(), response, worker_->common_fields(), context);
  if (allows_body(response.status)) compose_body(response.content());
}

void Session::compose_prepared(const PreparedResponse& response, const AnswerContext& context) {
  const bool not_modified = knows(response.etag());
  status_ = not_modified ? 304 : 200;
  append_head(worker_->output(), response, not_modified, worker_->common_fields(), context);
  if (!not_modified) compose_body(response.body());
}

void Session::compose_body(std::string_view body) {
  if (request_.method == Method::head) return;
  if (body.size() <= joined_body_limit)
    worker_->output() += body;
  else
    long_body_ = body;
}

error_code Session::write(std::string_view& head) {
  error_code error;
  const std::size_t bytes =
      long_body_.empty()
          ? socket_.write_some(asio::buffer(head), error)
          : socket_.write_some(std::array{asio::buffer(head), asio::buffer(long_body_)}, error);
  const std::size_t of_head = std::min(bytes, head.size());
  head.remove_prefix(of_head);
  long_body_.remove_prefix(bytes - of_head);
  if (error || (head.empty() && long_body_.empty())) return error;
  return asio::error::would_block;
}

error_code Session::write_composed() {
  // At once: the socket's buffer has room for nearly every answer.
  std::string_view head = worker_->output();
  const error_code error = write(head);
  if (error == asio::error::would_block) unwritten_ = head;
  return error;
}

Task<bool> Session::write_rest(error_code blocked) {
  std::string_view head = unwritten_;
  while (blocked == asio::error::would_block) {
    deadline_ = read_clock() + worker_->limits().write_timeout;
    co_await socket_.async_wait(asio::socket_base::wait_write, asio::redirect_error(use_task, blocked));
    if (!blocked) blocked = write(head);
  }
  unwritten_ = {};
  co_return !blocked;
}

void Session::answered() {
  now_ = read_clock();
  worker_->metrics().answered(route_, status_, now_ - started_);
}

Task<> Session::drain() {
  // Closing with bytes unread would reset the connection, and the reset may overtake the answer (RFC
  // 9112, 9.6).
  error_code error;
  socket_.shutdown(asio::socket_base::shutdown_send, error);
  deadline_ = now_ + worker_->limits().drain_timeout;
  std::string block(drain_block, '\0');
  std::size_t drained = 0;
  while (!error && drained < worker_->limits().drain_bytes && !worker_->stopping()) {
    drained += co_await socket_.async_read_some(asio::buffer(block), asio::redirect_error(use_task, error));
  }
}

}  // namespace bazar::http
