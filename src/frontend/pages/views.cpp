#include "frontend/pages/views.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include "base/money.hpp"

namespace bazar::frontend {

std::string price_text(Money amount, std::string_view currency_code) {
  const auto currency = find_currency(currency_code);
  std::string text = currency ? to_string(amount, currency->decimals) : to_string(amount);
  return text.append(" ").append(currency_code);
}

std::string topic_link(std::string_view topic) {
  return "/search/" + boost::urls::encode(topic, boost::urls::unreserved_chars);
}

std::string authors_text(const catalog::Book& book) {
  std::string text;
  const std::size_t count = book.authors ? book.authors->size() : 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) text += i + 1 == count ? " and " : ", ";
    text += (*book.authors)[i];
  }
  return text;
}

}  // namespace bazar::frontend
