#include "http/loop_pool.hpp"

namespace bazar::http {

LoopPool::LoopPool(unsigned threads) {
  for (unsigned i = 0; i < std::max(threads, 1U); ++i) loops_.push_back(std::make_unique<Loop>(1));
}

LoopPool::~LoopPool() { stop(); }

void LoopPool::start() {
  for (const auto& loop : loops_) {
    threads_.emplace_back([&loop = *loop] {
      const asio::executor_work_guard<LoopExecutor> work(loop.get_executor());
      loop.run();
    });
  }
}

void LoopPool::stop() {
  for (const auto& loop : loops_) loop->stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace bazar::http
