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
  struct Look {
    std::map<NamespaceId, std::string> names{};
    bool is_whole = true;  ///< no name whose namespace is still to be mounted on it
  };
  /// None if it has none, by a look before which no name was half made. Of a look that is at most a moment
  /// old.
  Result<std::optional<std::string>> of(const NamespaceId& id);
  /// They are said to have changed: the next question looks again.
  void forget() { look_.reset(); }

 private:
  std::optional<Look> look_;
  std::chrono::steady_clock::time_point looked_at_{};
};

}  // namespace ebond::os
