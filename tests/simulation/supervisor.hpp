#pragma once

#include <string>

#include "process.hpp"

namespace bazar::simulation {

class Catalog;
class Frontend;

/// Starts processes again and tells the catalogs of front-ends that it has seen die.
class Supervisor final : public Process {
 public:
  Supervisor(World& world, int node);

  /// `process` has been killed: it starts again after `delay`, unless something else has started it.
  void restart(Process& process, microseconds delay);
  /// A front-end's process was reaped.
  void reaped(Frontend& frontend);
  /// A catalog does not answer: it is killed if it stays so.
  void watch(Catalog& catalog);
  /// Only with a rule off: takes a front-end for dead that is only silent.
  void suspect(Frontend& frontend);

 private:
  void retire(const Frontend& frontend, int life);
  void tell_death(const std::string& name, const std::string& incarnation);
};

}  // namespace bazar::simulation
