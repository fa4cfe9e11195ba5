// The things cables join: a Host is a network namespace with a name, a Switch one with a learning bridge.
// Both are gone, with all in them, when the object is.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "lab/process.h"
#include "os/netns.h"
#include "os/rtnetlink.h"

namespace ebond::lab {

class Node {
 public:
  explicit Node(std::string name);
  virtual ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  const std::string& name() const { return name_; }
  /// As `ip netns` knows it: "eblab-4711-client".
  const std::string& netns_name() const { return netns_name_; }
  const os::Namespace& netns() const { return netns_; }
  os::Rtnetlink& net() { return net_; }
  os::LinkInfo link(std::string_view interface);

  /// Runs to its end.
  CommandResult run(const Arguments& arguments) const { return run_in(netns_, arguments); }
  /// The same, and throws with its output if it does not exit 0.
  std::string must_run(const Arguments& arguments) const;
  Process start(const Arguments& arguments, const std::filesystem::path& log = {}) const {
    return {netns_, arguments, log};
  }

  void set_up(std::string_view interface, bool up = true);

 private:
  std::string name_;
  std::string netns_name_;
  os::Namespace netns_;
  os::Rtnetlink net_;
};

class Host : public Node {
 public:
  /// Its loopback is up.
  explicit Host(std::string name);
  /// "192.0.2.1/24" or "2001:db8::1/64"; usable at once (no duplicate address detection).
  void add_address(std::string_view interface, std::string_view address);
};

class Switch : public Node {
 public:
  /// STP off, forward delay 0; link-local groups (LACP, LLDP) are swallowed, as 802.1D asks.
  explicit Switch(std::string name);
  /// The next free port's name: "p1", "p2", …
  std::string next_port() { return "p" + std::to_string(++ports_); }
  /// Puts an interface of its namespace on the bridge and sets it up.
  void adopt(std::string_view interface);
  /// A port that just came up does so only after about 400 ms.
  bool forwards(const std::string& port) const;

 private:
  int ports_ = 0;
};

}  // namespace ebond::lab
