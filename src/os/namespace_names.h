// The names of network namespaces, as `ip netns` gives them: all of them by one look into the directory, for
// whoever asks for those of many.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "os/error.h"
#include "os/netns.h"

namespace ebond::os {

class NamespaceNames {
 public:
  /// None if it has none. Of a look that is at most a moment old, and before which no name was half made.
  Result<std::optional<std::string>> of(const NamespaceId& id);
  /// They are said to have changed: the next question looks again.
  void forget() { names_.reset(); }

 private:
  std::optional<std::map<NamespaceId, std::string>> names_;
  std::chrono::steady_clock::time_point looked_at_{};
};

}  // namespace ebond::os
