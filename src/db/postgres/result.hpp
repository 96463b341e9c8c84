#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "db/postgres/encoding.hpp"

struct pg_result;

namespace bazar::db::postgres {

class Result;

/// A row of a result, which must outlive it. Each accessor takes a column of its own type only and throws
/// std::logic_error else: statement and reader are of one program, so that a difference is a bug.
class Row {
 public:
  Row(const Result& result, int row) : result_(&result), row_(row) {}
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] bool boolean(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;  ///< smallint, integer, bigint
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string_view text(int column) const;  ///< text, varchar, json
  [[nodiscard]] Uuid uuid(int column) const;
  [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const;
  [[nodiscard]] std::optional<std::string> optional_text(int column) const;
  [[nodiscard]] std::optional<Uuid> optional_uuid(int column) const;

 private:
  [[nodiscard]] std::string_view bytes(int column) const;
  [[nodiscard]] TypeId type(int column) const;
  const Result* result_;
  int row_;
};

/// What one statement answered.
class Result {
 public:
  Result() = default;
  explicit Result(pg_result* result) : result_(result) {}

  [[nodiscard]] int size() const;
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] Row operator[](int row) const { return {*this, row}; }
  /// The only row; throws std::logic_error where there is not exactly one.
  [[nodiscard]] Row only() const;
  /// How many rows an INSERT, UPDATE or DELETE changed.
  [[nodiscard]] std::int64_t affected() const;

  class Iterator {
   public:
    Iterator(const Result& result, int row) : result_(&result), row_(row) {}
    Row operator*() const { return {*result_, row_}; }
    Iterator& operator++() {
      ++row_;
      return *this;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    const Result* result_;
    int row_;
  };
  [[nodiscard]] Iterator begin() const { return {*this, 0}; }
  [[nodiscard]] Iterator end() const { return {*this, size()}; }

 private:
  friend class Row;
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

}  // namespace bazar::db::postgres
