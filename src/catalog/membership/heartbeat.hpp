#pragma once

#include <memory>

#include "base/task.hpp"
#include "catalog/store.hpp"

namespace bazar::catalog {

/// Keeps a catalog's own row in its store, by which the others find it: looks every second that it is still
/// there, and enrols anew where it is not. The other tiers use Membership, over HTTP. Runs on one loop.
class Heartbeat {
 public:
  Heartbeat(Loop& loop, Store& store, Member self);
  ~Heartbeat();
  void start();
  /// Stops, and retires the row. Throws an Outage where the store cannot be written.
  Task<void> leave();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace bazar::catalog
