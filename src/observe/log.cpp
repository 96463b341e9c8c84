#include "observe/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "base/text.hpp"

namespace bazar::observe {
namespace {

constexpr std::size_t max_value_bytes = 2'048;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_-.:/+@,;%").contains(c);
}

// How many bytes of `text` from `at` on are one character that may stand in a line as it is: UTF-8 that is no
// control and breaks no line in any viewer. 0: none.
std::size_t printable_length(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7F ? 1 : 0;
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  const std::string_view character = text.substr(at, length);
  const bool breaks_line = character == "\u2028" || character == "\u2029";
  const bool good = character.size() == length && is_utf8(character) && !has_control_characters(character);
  return good && !breaks_line ? length : 0;
}

void append_value(std::string& line, std::string_view value, bool always_quoted) {
  const bool cut = value.size() > max_value_bytes;
  if (cut) value = value.substr(0, max_value_bytes);
  if (!always_quoted && !cut && !value.empty() && std::ranges::all_of(value, is_plain)) {
    line += value;
    return;
  }
  line += '"';
  for (std::size_t i = 0; i < value.size();) {
    const std::size_t length = printable_length(value, i);
    if (length == 0) {
      fmt::format_to(std::back_inserter(line), "\\x{:02x}", static_cast<unsigned char>(value[i]));
    } else if (value[i] == '"' || value[i] == '\\') {
      line += '\\';
      line += value[i];
    } else {
      line += value.substr(i, length);
    }
    i += std::max<std::size_t>(length, 1);
  }
  if (cut) line += "…";
  line += '"';
}

// The line's head in spdlog's pattern language, where % has a meaning.
std::string pattern_for(std::string_view service) {
  std::string name;
  append_value(name, service, false);
  std::string pattern = "time=%Y-%m-%dT%H:%M:%S.%eZ level=%l service=";
  for (const char c : name) pattern.append(c == '%' ? 2 : 1, c);
  return pattern + " %v";
}

spdlog::logger& logger() {
  static const std::unique_ptr<spdlog::logger> instance = [] {
    auto made = std::make_unique<spdlog::logger>("bazar", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern(pattern_for("bazar"), spdlog::pattern_time_type::utc);
    return made;
  }();
  return *instance;
}

void write(spdlog::level::level_enum level, std::string_view message, std::initializer_list<Field> fields) {
  if (!logger().should_log(level)) return;
  std::string line = "msg=";
  append_value(line, message, true);
  for (const Field& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field.value, false);
  }
  logger().log(level, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace

void configure_log(std::string_view service, std::string_view level) {
  const auto chosen = spdlog::level::from_str(std::string(level));
  if (chosen == spdlog::level::off && level != "off") throw std::invalid_argument("unknown log level");
  logger().set_level(chosen);
  logger().set_pattern(pattern_for(service), spdlog::pattern_time_type::utc);
}

void log_debug(std::string_view message, std::initializer_list<Field> fields) {
  write(spdlog::level::debug, message, fields);
}
void log_info(std::string_view message, std::initializer_list<Field> fields) {
  write(spdlog::level::info, message, fields);
}
void log_warning(std::string_view message, std::initializer_list<Field> fields) {
  write(spdlog::level::warn, message, fields);
}
void log_error(std::string_view message, std::initializer_list<Field> fields) {
  write(spdlog::level::err, message, fields);
}

}  // namespace bazar::observe
