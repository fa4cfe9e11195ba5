// Ways to bond a host's eth0 and eth1 in active-backup, so that a benchmark can hold them side by side.
//
// Each makes bond0 (team0) with the server's address, up, with eth0 active; it goes with the contender.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lab/node.h"

namespace ebond::bench {

class Contender {
 public:
  virtual ~Contender() = default;
  /// The slave that carries traffic now; empty where none does.
  virtual std::string active() const = 0;
};

struct Entry {
  std::string name;
  /// Bonds `server`'s cables and gives it `address`. Throws where this machine has no such thing, saying why.
  std::function<std::unique_ptr<Contender>(lab::Host& server, const std::string& address)> bond;
};

/// Those that watch the link: ebond with and without its carrier hook, the driver's miimon, teamd.
std::vector<Entry> link_watchers();
/// Those that could see beyond it: ebond's and the driver's ARP monitor, and the driver's miimon, which
/// can't. `target` is probed every `interval_ms`; two missed probes are a dead path.
std::vector<Entry> path_watchers(const std::string& target, int interval_ms);

}  // namespace ebond::bench
