#include "db/postgres/encoding.hpp"

#include <algorithm>
#include <bit>
#include <concepts>

namespace bazar::db::postgres {
namespace {

template <std::integral T>
void put(std::string& out, T value) {
  const auto bits = static_cast<std::make_unsigned_t<T>>(value);
  for (std::size_t shift = sizeof(T) * 8; shift != 0;) {
    shift -= 8;
    out.push_back(static_cast<char>(static_cast<unsigned char>(bits >> shift)));
  }
}

template <std::unsigned_integral T>
T take(std::string_view bytes) {
  T value = 0;
  for (const char byte : bytes) value = static_cast<T>((value << 8) | static_cast<unsigned char>(byte));
  return value;
}

void put_element(std::string& out, std::int64_t value) {
  put(out, std::int32_t{8});
  put(out, value);
}
void put_element(std::string& out, const std::string& value) {
  put(out, static_cast<std::int32_t>(value.size()));
  out += value;
}
void put_element(std::string& out, const Uuid& value) {
  put(out, static_cast<std::int32_t>(value.size()));
  out.append(value.begin(), value.end());
}
template <class T>
void put_element(std::string& out, const std::optional<T>& value) {
  if (value) {
    put_element(out, *value);
  } else {
    put(out, std::int32_t{-1});
  }
}

template <class T>
constexpr bool is_null(const T&) {
  return false;
}
template <class T>
bool is_null(const std::optional<T>& value) {
  return !value;
}

}  // namespace

void Parameters::begin(TypeId type) { values_.push_back({type, bytes_.size(), 0}); }
void Parameters::end() { values_.back().length = bytes_.size() - values_.back().begin; }

void Parameters::add(bool value) {
  begin(TypeId::boolean);
  bytes_.push_back(value ? '\1' : '\0');
  end();
}

void Parameters::add(std::int64_t value) {
  begin(TypeId::int8);
  put(bytes_, value);
  end();
}

void Parameters::add(double value) {
  begin(TypeId::float8);
  put(bytes_, std::bit_cast<std::uint64_t>(value));
  end();
}

void Parameters::add(std::string_view value) {
  begin(TypeId::text);
  bytes_ += value;
  end();
}

void Parameters::add(const Uuid& value) {
  begin(TypeId::uuid);
  bytes_.append(value.begin(), value.end());
  end();
}

// An array of one dimension whose lower bound is 1. An empty one has no dimension.
template <class T>
void Parameters::add_array(TypeId array, TypeId element, std::span<const T> values) {
  begin(array);
  put(bytes_, std::int32_t{values.empty() ? 0 : 1});
  put(bytes_, std::int32_t{std::ranges::any_of(values, [](const T& value) { return is_null(value); })});
  put(bytes_, static_cast<std::uint32_t>(element));
  if (!values.empty()) {
    put(bytes_, static_cast<std::int32_t>(values.size()));
    put(bytes_, std::int32_t{1});
  }
  for (const T& value : values) put_element(bytes_, value);
  end();
}

void Parameters::add(std::span<const std::int64_t> values) {
  add_array(TypeId::int8_array, TypeId::int8, values);
}
void Parameters::add(std::span<const std::string> values) {
  add_array(TypeId::text_array, TypeId::text, values);
}
void Parameters::add(std::span<const Uuid> values) { add_array(TypeId::uuid_array, TypeId::uuid, values); }
void Parameters::add(std::span<const std::optional<std::int64_t>> values) {
  add_array(TypeId::int8_array, TypeId::int8, values);
}
void Parameters::add(std::span<const std::optional<std::string>> values) {
  add_array(TypeId::text_array, TypeId::text, values);
}
void Parameters::add(std::span<const std::optional<Uuid>> values) {
  add_array(TypeId::uuid_array, TypeId::uuid, values);
}

Parameters::Arrays Parameters::arrays() const {
  Arrays arrays;
  arrays.types.reserve(values_.size());
  arrays.values.reserve(values_.size());
  arrays.lengths.reserve(values_.size());
  for (const Value& value : values_) {
    arrays.types.push_back(static_cast<unsigned>(value.type));
    arrays.values.push_back(value.is_null ? nullptr : bytes_.data() + value.begin);
    arrays.lengths.push_back(static_cast<int>(value.length));
  }
  arrays.formats.assign(values_.size(), 1);
  return arrays;
}

std::optional<bool> decode_boolean(std::string_view bytes) {
  if (bytes.size() != 1 || static_cast<unsigned char>(bytes[0]) > 1) return std::nullopt;
  return bytes[0] == '\1';
}

std::optional<std::int64_t> decode_integer(std::string_view bytes) {
  switch (bytes.size()) {
    case 2:
      return static_cast<std::int16_t>(take<std::uint16_t>(bytes));
    case 4:
      return static_cast<std::int32_t>(take<std::uint32_t>(bytes));
    case 8:
      return static_cast<std::int64_t>(take<std::uint64_t>(bytes));
    default:
      return std::nullopt;
  }
}

std::optional<double> decode_float8(std::string_view bytes) {
  if (bytes.size() != 8) return std::nullopt;
  return std::bit_cast<double>(take<std::uint64_t>(bytes));
}

std::optional<Uuid> decode_uuid(std::string_view bytes) {
  Uuid uuid{};
  if (bytes.size() != uuid.size()) return std::nullopt;
  std::ranges::transform(bytes, uuid.begin(), [](char byte) { return static_cast<std::uint8_t>(byte); });
  return uuid;
}

}  // namespace bazar::db::postgres
