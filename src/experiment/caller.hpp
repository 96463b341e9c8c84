#pragma once

#include <string>

#include "experiment/laboratory.hpp"
#include "http/client.hpp"

namespace bazar::experiment {

// The requests that studies time; all want JSON.
[[nodiscard]] http::ClientRequest info(std::int64_t book);
[[nodiscard]] http::ClientRequest list_books();  ///< all demo books, which no cache answers
[[nodiscard]] http::ClientRequest search(const std::string& topic);
[[nodiscard]] http::ClientRequest purchase(std::int64_t book);     ///< of a front-end, with a new key
[[nodiscard]] http::ClientRequest place_order(std::int64_t book);  ///< the same of an order service
[[nodiscard]] http::ClientRequest set_price(std::int64_t book, int minor_units);
[[nodiscard]] http::ClientRequest add_stock(std::int64_t book, std::int64_t copies);

struct Reply {
  double ms = 0;     ///< from before the request was sent until its answer was there
  bool hit = false;  ///< the cache had it
  std::string body;
};

/// One client that asks one server one thing after the other, over one connection.
class Caller {
 public:
  Caller(Laboratory& laboratory, http::Endpoint server, std::string bearer_token = "");
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  /// Throws std::runtime_error where the answer is not a 2xx, Unavailable where there is none.
  Reply call(http::ClientRequest request);

 private:
  Laboratory& laboratory_;
  http::Endpoint server_;
  http::Client client_;
};

inline constexpr std::int64_t demo_books = 7;
inline const std::vector<std::string> demo_topics{"distributed systems", "undergraduate school", "new"};

/// Gives the seven demo books more copies than any study sells: by a shopkeeper of a front-end, or who may
/// ask a catalog.
void stock_up(Caller& keeper);
void stock_up(Laboratory& laboratory, const Store& store);

}  // namespace bazar::experiment
