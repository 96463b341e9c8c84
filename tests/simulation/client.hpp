#pragma once

#include <map>
#include <optional>

#include "checker.hpp"
#include "process.hpp"

namespace bazar::simulation {

class Frontend;

/// A client that asks one thing after the other through any front-end. What may safely be repeated it
/// repeats, under the same key, until it has an answer or gives up.
class Client final : public Process {
 public:
  /// A prober asks only when told to.
  enum class Kind : std::uint8_t { customer, prober };
  Client(World& world, int number, Kind kind);
  [[nodiscard]] bool idle() const { return !operation_; }

  /// Changes a price through that front-end. `done` is told whether that was answered. Only when idle, as
  /// below.
  void edit(Frontend& frontend, const std::function<void(bool)>& done);
  /// Reads book 0 at that front-end.
  void probe(Frontend& frontend);

 protected:
  void started() override;

 private:
  void think();
  void begin();
  void choose();
  void choose_lines();
  void send();
  void send_read(Frontend& frontend);
  void send_write(Frontend& frontend);
  [[nodiscard]] WriteRequest request();
  [[nodiscard]] Frontend& any_frontend() const;
  [[nodiscard]] bool may_repeat() const;
  void read_answered(OperationId id, const std::optional<ReadAnswer>& answer);
  void write_answered(OperationId id, const std::optional<WriteAnswer>& answer);
  void try_again();
  void end();

  int number_;
  Kind kind_;
  std::optional<Operation> operation_;
  std::optional<Revision> if_match_;
  int attempt_ = 0;
  std::int64_t operations_ = 0;
  std::map<Book, Revision> versions_;  ///< as seen last
  std::function<void(bool)> when_done_;
};

}  // namespace bazar::simulation
