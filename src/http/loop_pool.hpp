#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "base/task.hpp"

namespace bazar::http {

/// N event loops, each run by one thread of its own from `start` to `stop`.
class LoopPool {
 public:
  explicit LoopPool(unsigned threads);
  ~LoopPool();  ///< stops and joins
  LoopPool(const LoopPool&) = delete;
  LoopPool& operator=(const LoopPool&) = delete;

  [[nodiscard]] std::size_t size() const { return loops_.size(); }
  [[nodiscard]] Loop& at(std::size_t index) { return *loops_[index]; }
  void start();
  void stop();  ///< stops every loop and joins its thread; idempotent

 private:
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<std::thread> threads_;
};

}  // namespace bazar::http
