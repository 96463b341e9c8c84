#include "cli/transfer/rejects.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

#include "cli/failure.hpp"

namespace bazar::cli {

void RejectsFile::add(std::uint64_t line, std::string_view reason, std::string_view text) {
  if (!file_) {
    file_.reset(std::fopen(path_.c_str(), "wb"));
    if (!file_)
      throw Failure(
          fmt::format("cannot write {}: {}", path_.string(), std::generic_category().message(errno)));
    write(format_.reject_heading());
  }
  write(format_.reject_line(line, reason, text));
  ++count_;
}

void RejectsFile::close() {
  if (!file_) return;
  std::FILE* const file = file_.release();
  const bool good = std::fflush(file) == 0;
  if (std::fclose(file) != 0 || !good)
    throw Failure(fmt::format("cannot write {} to its end", path_.string()));
}

void RejectsFile::write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) {
    throw Failure(fmt::format("cannot write {}: {}", path_.string(), std::generic_category().message(errno)));
  }
}

}  // namespace bazar::cli
