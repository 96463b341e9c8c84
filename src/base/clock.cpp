#include "base/clock.hpp"

#include <algorithm>
#include <ctime>
#include <span>

#include "base/assert.hpp"

namespace bazar {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The digits of `text` as a number; the caller has checked that they are digits, at most nine.
int number(std::string_view text) {
  int value = 0;
  for (const char c : text) value = value * 10 + (c - '0');
  return value;
}

// `text` has the form `pattern`, where 0 stands for any digit.
bool has_form(std::string_view text, std::string_view pattern) {
  return std::ranges::equal(text, pattern, [](char c, char p) { return p == '0' ? is_digit(c) : c == p; });
}

// `value` in decimal digits over all of `place`, with leading zeros.
void write_digits(std::span<char> place, unsigned value) {
  for (auto digit = place.rbegin(); digit != place.rend(); ++digit, value /= 10) {
    *digit = static_cast<char>('0' + value % 10);
  }
}

}  // namespace

SteadyTime SystemClock::now() const { return std::chrono::steady_clock::now(); }

WallTime SystemClock::wall() const {
  return std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
}

SteadyTime LeaseClock::now() const {
  timespec time{};
  const int outcome = ::clock_gettime(CLOCK_BOOTTIME, &time);
  BAZAR_ASSERT(outcome == 0, "Linux has had this clock since 2.6.39");
  return SteadyTime{std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec)};
}

WallTime LeaseClock::wall() const { return SystemClock().wall(); }

std::string to_rfc3339(WallTime time) {
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day day(midnight);
  const std::chrono::hh_mm_ss clock(time - midnight);
  BAZAR_ASSERT(day.year() >= std::chrono::year(0) && day.year() <= std::chrono::year(9'999),
               "a year that RFC 3339 has");
  std::string text = "0000-00-00T00:00:00.000Z";  // RFC 3339 has the years 0 to 9999
  const std::span<char> place(text);
  write_digits(place.subspan<0, 4>(), static_cast<unsigned>(static_cast<int>(day.year())));
  write_digits(place.subspan<5, 2>(), static_cast<unsigned>(day.month()));
  write_digits(place.subspan<8, 2>(), static_cast<unsigned>(day.day()));
  write_digits(place.subspan<11, 2>(), static_cast<unsigned>(clock.hours().count()));
  write_digits(place.subspan<14, 2>(), static_cast<unsigned>(clock.minutes().count()));
  write_digits(place.subspan<17, 2>(), static_cast<unsigned>(clock.seconds().count()));
  write_digits(place.subspan<20, 3>(), static_cast<unsigned>(clock.subseconds().count()));
  return text;
}

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  constexpr std::string_view form = "0000-00-00T00:00:00";
  if (text.size() <= form.size() || !has_form(text.substr(0, form.size()), form)) return std::nullopt;
  const std::chrono::year_month_day day{std::chrono::year(number(text.substr(0, 4))),
                                        std::chrono::month(static_cast<unsigned>(number(text.substr(5, 2)))),
                                        std::chrono::day(static_cast<unsigned>(number(text.substr(8, 2))))};
  const std::chrono::hours hour(number(text.substr(11, 2)));
  const std::chrono::minutes minute(number(text.substr(14, 2)));
  const std::chrono::seconds second(number(text.substr(17, 2)));
  if (!day.ok() || hour.count() > 23 || minute.count() > 59 || second.count() > 59) return std::nullopt;

  std::string_view rest = text.substr(form.size());
  int millis = 0;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    const auto digits = static_cast<std::size_t>(std::ranges::find_if_not(rest, is_digit) - rest.begin());
    if (digits < 1 || digits > 9) return std::nullopt;
    std::string three(rest.substr(0, std::min<std::size_t>(digits, 3)));
    three.resize(3, '0');
    millis = number(three);
    rest.remove_prefix(digits);
  }
  if (rest != "Z") return std::nullopt;
  return std::chrono::sys_days(day) + hour + minute + second + milliseconds(millis);
}

}  // namespace bazar
