#include "os/libbpf_words.h"

#include <bpf/libbpf.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace ebond::os {

namespace {

/// Each thread's own: the roll call is made off the daemon's loop.
std::string& last_complaint() {
  static thread_local std::string text;
  return text;
}

int keep_complaint(libbpf_print_level level, const char* format, va_list arguments) {
  if (level != LIBBPF_WARN) return 0;
  char line[256];
  const int length = ::vsnprintf(line, sizeof(line), format, arguments);
  last_complaint().assign(
      line, std::min<std::size_t>(length > 0 ? static_cast<std::size_t>(length) : 0, sizeof(line) - 1));
  while (!last_complaint().empty() && last_complaint().back() == '\n') last_complaint().pop_back();
  return 0;
}

}  // namespace

void keep_libbpf_words() {
  libbpf_set_print(keep_complaint);
}

std::unexpected<Error> libbpf_error(std::string what, int negative_errno) {
  return std::unexpected(Error{-negative_errno, std::move(what), std::exchange(last_complaint(), {})});
}

}  // namespace ebond::os
