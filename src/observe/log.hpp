#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace bazar::observe {

/// One line of `key=value` pairs on standard error: time, level, service, message, fields. Thread-safe.
/// `configure` once, before threads start; until then lines go out under the service name "bazar".
void configure_log(std::string_view service, std::string_view level);

/// A field of a log line. Values are escaped, so that input cannot forge a line.
struct Field {
  std::string_view key;
  std::string value;
  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  template <class T>
    requires std::is_arithmetic_v<T>
  Field(std::string_view k, T v) : key(k), value(fmt::to_string(v)) {}
};

void log_debug(std::string_view message, std::initializer_list<Field> fields = {});
void log_info(std::string_view message, std::initializer_list<Field> fields = {});
void log_warning(std::string_view message, std::initializer_list<Field> fields = {});
void log_error(std::string_view message, std::initializer_list<Field> fields = {});

}  // namespace bazar::observe
