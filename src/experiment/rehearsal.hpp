#pragma once

#include <boost/describe/class.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "experiment/laboratory.hpp"

namespace bazar::experiment {

/// The script is not there, or says that this host lacks what it needs.
class CannotRehearse : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A machine of a rehearsed cluster, as `tools/cluster status --json` tells of it.
struct RehearsedMachine {
  std::string name;
  std::string postgres;  ///< `primary`, `synchronous standby`, `standby`, `off`, …
  bool serves = false;   ///< its front-end is ready
  std::string frontend;  ///< its URL
};
BOOST_DESCRIBE_STRUCT(RehearsedMachine, (), (name, postgres, serves, frontend))

struct RehearsalStatus {
  /// One primary, both standbys stream from it, and all servers of the store are ready.
  bool whole = false;
  std::string shopkeeper_token_file;
  std::vector<RehearsedMachine> machines;
};
BOOST_DESCRIBE_STRUCT(RehearsalStatus, (), (whole, shopkeeper_token_file, machines))

/// The store on three machines with PostgreSQL, each in network namespaces of its own on this host:
/// `tools/cluster up`. Ended with its owner.
class Rehearsal {
 public:
  /// Returns when it is ready. Throws CannotRehearse; std::runtime_error where it breaks down; Interrupted.
  explicit Rehearsal(Laboratory& laboratory);

  // Each throws std::runtime_error with what the script says.
  Task<RehearsalStatus> status();
  Task<> kill(std::string machine);
  Task<> switch_on(std::string machine);

  struct Said {
    bool good;  ///< exit code 0
    std::string text;
  };
  /// Compares all rows on all machines: good where they are equal, and what was compared or what differs.
  Task<Said> compare_copies();

 private:
  [[nodiscard]] std::unique_ptr<ChildProcess> start(std::vector<std::string> words) const;
  [[nodiscard]] bool is_ready();
  Task<Said> ask(std::vector<std::string> words);
  Task<std::string> insist(std::vector<std::string> words);

  Laboratory& laboratory_;
  std::string name_;
  std::filesystem::path folder_;
  std::unique_ptr<ChildProcess> up_;
};

}  // namespace bazar::experiment
