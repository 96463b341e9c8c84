#include "trace.hpp"

#include <cstdio>

namespace bazar::simulation {

void Trace::add(std::string line) {
  if (mode_ == Mode::all) std::printf("%s\n", line.c_str());
  lines_.push_back(std::move(line));
  if (lines_.size() > kept) lines_.pop_front();
}

}  // namespace bazar::simulation
