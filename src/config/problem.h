// Where something stands in a configuration file, and what is wrong there.
// A reader in config/ fails with one Problem, the first that stops it; what does not stop it is a note.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <vector>

namespace ebond::config {

/// A place a person can go to. Lines and columns count from 1; 0 is not known.
struct Location {
  std::string file;
  std::size_t line = 0;
  std::size_t column = 0;
  bool operator==(const Location&) const = default;

  /// "ifcfg-bond0:3", "bonds.toml:4:1"
  std::string to_string() const;
};

struct Problem {
  Location where;
  std::string message;  ///< what was wrong and what would be right

  /// "ifcfg-bond0:3: IPADDR=… is …"
  std::string to_string() const;
};

/// Problems that stopped nothing: what stands there is left out, or read as the note says.
using Notes = std::vector<Problem>;

template <class T = void>
using Result = std::expected<T, Problem>;

inline std::unexpected<Problem> fail(Location where, std::string message) {
  return std::unexpected(Problem{std::move(where), std::move(message)});
}

}  // namespace ebond::config
