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
  /// The slave that carries traffic now; empty if none does.
  virtual std::string active() const = 0;
};

struct Entry {
  std::string name;
  /// Bonds `server`'s cables and gives it `address`. Throws if this machine has no such thing, saying why.
  std::function<std::unique_ptr<Contender>(lab::Host& server, const std::string& address)> bond;
  /// What must run at the client for it, with the server at `server_address`; most need nothing.
  std::function<std::shared_ptr<void>(lab::Host& client, const std::string& server_address)> peer = {};
};

/// Those that watch the link: ebond with and without its carrier hook, the driver's miimon, teamd.
std::vector<Entry> link_watchers();
/// Those that could see beyond it: ebond's and the driver's ARP monitor, and the driver's miimon, which
/// can't. `target` is probed every `interval_ms`; two missed probes are a dead path. Also ebond's BFD with
/// FRRouting's bfdd at the target, 3 x 10 ms.
std::vector<Entry> path_watchers(const std::string& target, int interval_ms);
/// Those that go back to eth0 as soon as they think that it is usable again. ebond waits for a frame of
/// `target` (failback proof), or does as the driver does (immediate).
std::vector<Entry> returners(const std::string& target);

/// Those that differ in what bond0 is made of: ebond's as a veth and as netkit, and the driver's.
std::vector<Entry> plain_bonds();

}  // namespace ebond::bench
