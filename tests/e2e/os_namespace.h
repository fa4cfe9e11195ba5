// A nameless network namespace for one test, gone with it.
#pragma once

#include <sched.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

#include "os/netns.h"

namespace ebond::os::testing {

/// Throws if the kernel refuses (the tests need root).
inline Namespace fresh_namespace() {
  Result<Namespace> made = std::unexpected(Error{EPERM, "cannot make a network namespace"});
  std::thread([&] {
    if (::unshare(CLONE_NEWNET) == 0) made = Namespace::current();
  }).join();
  if (!made) throw std::runtime_error(made.error().message());
  return std::move(*made);
}

/// The value, or an exception with the error's sentence.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// Commands of a shell in there, all of which must succeed.
inline void run_inside(const Namespace& where, const std::string& commands) {
  const auto inside = must(NamespaceScope::enter(where));
  if (std::system(("set -e; " + commands).c_str()) != 0) throw std::runtime_error("failed: " + commands);
}

}  // namespace ebond::os::testing
