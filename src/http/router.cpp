#include "http/router.hpp"

#include <array>
#include <boost/container/static_vector.hpp>

#include "base/assert.hpp"
#include "http/uri.hpp"

namespace bazar::http {

namespace {

constexpr std::size_t max_segments = 16;
constexpr std::size_t method_count = static_cast<std::size_t>(Method::other) + 1;

bool is_parameter(std::string_view segment) { return segment.starts_with('{') && segment.ends_with('}'); }

std::size_t index_of(Method method) { return static_cast<std::size_t>(method); }

/// Calls `visit(segment)` for what stands between the slashes after the first one.
template <class Visit>
bool for_each_segment(std::string_view path, Visit visit) {
  path.remove_prefix(1);
  for (;;) {
    const std::size_t end = path.find('/');
    if (!visit(path.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    path.remove_prefix(end + 1);
  }
}

}  // namespace

/// A tree of segments.
struct Router::Node {
  std::vector<std::pair<std::string, std::unique_ptr<Node>>> literals;
  std::unique_ptr<Node> parameter;
  std::array<const Route*, method_count> routes{};

  Node& child(std::string_view segment) {
    if (is_parameter(segment)) {
      if (!parameter) parameter = std::make_unique<Node>();
      return *parameter;
    }
    for (auto& [literal, node] : literals) {
      if (literal == segment) return *node;
    }
    return *literals.emplace_back(std::string(segment), std::make_unique<Node>()).second;
  }

  [[nodiscard]] bool has_routes() const {
    return std::ranges::any_of(routes, [](const Route* route) { return route != nullptr; });
  }
};

struct Router::Segments {
  boost::container::static_vector<std::string_view, max_segments> texts;
  std::vector<std::string> decoded;  ///< owns the texts that had escapes
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;

void Router::add(Method method, std::string pattern, BodyRule body, Handler handler) {
  BAZAR_ASSERT(pattern.starts_with('/'), "a pattern is an absolute path");
  Node* node = root_.get();
  std::size_t depth = 0;
  for_each_segment(pattern, [&](std::string_view segment) {
    node = &node->child(segment);
    return ++depth <= max_segments;
  });
  BAZAR_ASSERT(depth <= max_segments, "a pattern has a bounded number of segments");
  const Route*& slot = node->routes[index_of(method)];
  BAZAR_ASSERT(slot == nullptr, "a method and pattern is routed once");
  routes_.push_back(
      std::make_unique<Route>(Route{method, std::move(pattern), std::move(body), std::move(handler)}));
  slot = routes_.back().get();
}

const Router::Node* Router::descend(const Node& node, const Segments& segments, std::size_t depth,
                                    std::vector<std::string>& params) {
  if (depth == segments.texts.size()) return node.has_routes() ? &node : nullptr;
  const std::string_view segment = segments.texts[depth];
  for (const auto& [literal, child] : node.literals) {
    if (literal != segment) continue;
    if (const Node* found = descend(*child, segments, depth + 1, params)) return found;
  }
  if (!node.parameter || segment.empty()) return nullptr;
  params.emplace_back(segment);
  if (const Node* found = descend(*node.parameter, segments, depth + 1, params)) return found;
  params.pop_back();
  return nullptr;
}

Router::Match Router::find(Method method, std::string_view path, std::vector<std::string> params) const {
  params.clear();
  Match match{.params = std::move(params)};
  if (!path.starts_with('/')) return match;
  Segments segments;
  const bool fits = for_each_segment(path, [&](std::string_view segment) {
    if (segments.texts.size() == max_segments) return false;
    std::string_view& text = segments.texts.emplace_back(segment);
    if (!is_plain(segment)) {
      auto decoded = percent_decode(segment, PlusSign::literal);
      match.undecodable = !decoded;
      if (!decoded) return false;
      segments.decoded.reserve(max_segments);  // the texts stay where they are
      text = segments.decoded.emplace_back(*std::move(decoded));
    }
    return true;
  });
  if (!fits) return match;
  const Node* node = descend(*root_, segments, 0, match.params);
  if (node == nullptr) return match;
  match.route = node->routes[index_of(method)];
  if (match.route == nullptr && method == Method::head) match.route = node->routes[index_of(Method::get)];
  if (match.route == nullptr) match.allow = allowed_methods(*node);
  return match;
}

std::string Router::allowed_methods(const Node& node) {
  std::string allow;
  for (std::size_t i = 0; i < method_count; ++i) {
    const auto method = static_cast<Method>(i);
    const bool routed = node.routes[i] != nullptr ||
                        (method == Method::head && node.routes[index_of(Method::get)] != nullptr);
    if (!routed) continue;
    if (!allow.empty()) allow += ", ";
    allow += to_string(method);
  }
  return allow;
}

}  // namespace bazar::http
