#include "db/postgres/result.hpp"

#include <libpq-fe.h>

#include <charconv>
#include <stdexcept>

namespace bazar::db::postgres {
namespace {

template <class T>
T expect(std::optional<T> value) {
  if (!value) throw std::logic_error("a column is not of the type that it is read as");
  return *value;
}

void expect_type(bool fits) {
  if (!fits) throw std::logic_error("a column is not of the type that it is read as");
}

}  // namespace

std::string_view Row::bytes(int column) const {
  const pg_result* result = result_->result_.get();
  if (result == nullptr || row_ < 0 || row_ >= PQntuples(result) || column < 0 ||
      column >= PQnfields(result)) {
    throw std::logic_error("there is no such column");
  }
  if (PQgetisnull(result, row_, column) != 0) throw std::logic_error("a column is null");
  return {PQgetvalue(result, row_, column), static_cast<std::size_t>(PQgetlength(result, row_, column))};
}

TypeId Row::type(int column) const { return TypeId{PQftype(result_->result_.get(), column)}; }

bool Row::is_null(int column) const { return PQgetisnull(result_->result_.get(), row_, column) != 0; }

bool Row::boolean(int column) const {
  const std::string_view value = bytes(column);
  expect_type(type(column) == TypeId::boolean);
  return expect(decode_boolean(value));
}

std::int64_t Row::integer(int column) const {
  const std::string_view value = bytes(column);
  const TypeId is = type(column);
  expect_type(is == TypeId::int8 || is == TypeId::int4 || is == TypeId::int2);
  return expect(decode_integer(value));
}

double Row::real(int column) const {
  const std::string_view value = bytes(column);
  expect_type(type(column) == TypeId::float8);
  return expect(decode_float8(value));
}

std::string_view Row::text(int column) const {
  const std::string_view value = bytes(column);
  const TypeId is = type(column);
  expect_type(is == TypeId::text || is == TypeId::varchar || is == TypeId::json);
  return value;
}

Uuid Row::uuid(int column) const {
  const std::string_view value = bytes(column);
  expect_type(type(column) == TypeId::uuid);
  return expect(decode_uuid(value));
}

std::optional<std::int64_t> Row::optional_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

std::optional<std::string> Row::optional_text(int column) const {
  if (is_null(column)) return std::nullopt;
  return std::string(text(column));
}

std::optional<Uuid> Row::optional_uuid(int column) const {
  if (is_null(column)) return std::nullopt;
  return uuid(column);
}

void Result::Clear::operator()(pg_result* result) const { PQclear(result); }

int Result::size() const { return result_ ? PQntuples(result_.get()) : 0; }

Row Result::only() const {
  if (size() != 1) throw std::logic_error("a statement did not answer with exactly one row");
  return {*this, 0};
}

std::int64_t Result::affected() const {
  const std::string_view count = PQcmdTuples(result_.get());
  std::int64_t rows = 0;
  std::from_chars(count.data(), count.data() + count.size(), rows);
  return rows;
}

}  // namespace bazar::db::postgres
