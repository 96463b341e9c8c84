#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// PostgreSQL's binary form of values, as parameters and results carry it (its documentation, 55.7 and the
/// types' send and receive functions). Pure.
namespace bazar::db::postgres {

using Uuid = std::array<std::uint8_t, 16>;

/// Numbers of the built-in types, fixed since PostgreSQL 8.3.
enum class TypeId : std::uint32_t {
  boolean = 16,
  bytea = 17,
  int8 = 20,
  int2 = 21,
  int4 = 23,
  text = 25,
  json = 114,
  float8 = 701,
  varchar = 1043,
  uuid = 2950,
  int8_array = 1016,
  text_array = 1009,
  uuid_array = 2951,
};

/// The parameters of one statement.
class Parameters {
 public:
  template <class... Values>
  static Parameters of(const Values&... values) {
    Parameters parameters;
    (parameters.add(values), ...);
    return parameters;
  }

  void add(bool value);
  void add(std::int64_t value);
  void add(int value) { add(static_cast<std::int64_t>(value)); }
  void add(double value);
  void add(std::string_view value);
  void add(const std::string& value) { add(std::string_view(value)); }
  void add(const char* value) { add(std::string_view(value)); }
  void add(const Uuid& value);
  template <class T>
  void add(const std::optional<T>& value) {
    if (value) {
      add(*value);
    } else {
      add(T{});
      values_.back().is_null = true;
    }
  }

  /// One array, for `unnest($1::bigint[], …)` and `= ANY($1)`.
  void add(std::span<const std::int64_t> values);
  void add(std::span<const std::string> values);
  void add(std::span<const Uuid> values);
  void add(std::span<const std::optional<std::int64_t>> values);
  void add(std::span<const std::optional<std::string>> values);
  void add(std::span<const std::optional<Uuid>> values);
  template <class T>
  void add(const std::vector<T>& values) {
    add(std::span<const T>(values));
  }

  [[nodiscard]] std::size_t count() const { return values_.size(); }

  /// As libpq takes them; valid while the parameters are neither changed nor destroyed.
  struct Arrays {
    std::vector<unsigned> types;
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;
  };
  [[nodiscard]] Arrays arrays() const;

 private:
  struct Value {
    TypeId type;
    std::size_t begin;
    std::size_t length;
    bool is_null = false;
  };
  template <class T>
  void add_array(TypeId array, TypeId element, std::span<const T> values);
  void begin(TypeId type);
  void end();

  std::string bytes_;
  std::vector<Value> values_;
};

// A value received. Empty optional where `bytes` is no such value.
[[nodiscard]] std::optional<bool> decode_boolean(std::string_view bytes);
/// Of int2, int4 or int8, by their length.
[[nodiscard]] std::optional<std::int64_t> decode_integer(std::string_view bytes);
[[nodiscard]] std::optional<double> decode_float8(std::string_view bytes);
[[nodiscard]] std::optional<Uuid> decode_uuid(std::string_view bytes);

}  // namespace bazar::db::postgres
