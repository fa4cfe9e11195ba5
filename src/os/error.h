// What the kernel refused, and the result type of everything in os/.
// The message is a whole sentence for a person: what was tried, why it failed, and the kernel's own words
// (netlink's extended acknowledgement) if it gave any.
#pragma once

#include <cerrno>
#include <expected>
#include <string>
#include <utility>

namespace ebond::os {

struct Error {
  int errno_value = 0;          ///< as in errno(3), positive
  std::string what;             ///< what was tried: "cannot set eth0 up"
  std::string kernel_says{};    ///< extended acknowledgement, empty if the kernel gave none
  std::string message() const;  ///< "cannot set eth0 up: Operation not permitted (kernel's words)"
};

template <class T = void>
using Result = std::expected<T, Error>;

/// An unexpected of a system call that failed: errno_error("cannot open it", errno).
inline std::unexpected<Error> errno_error(std::string what, int errno_value) {
  return std::unexpected(Error{errno_value, std::move(what)});
}

/// How it went, without what came of it.
template <class T>
Result<> outcome_of(const Result<T>& done) {
  if (done) return {};
  return std::unexpected(done.error());
}

/// The same where an interface that has gone (ENODEV) needs nothing.
template <class T>
Result<> unless_gone(const Result<T>& done) {
  if (!done && done.error().errno_value == ENODEV) return {};
  return outcome_of(done);
}

}  // namespace ebond::os
