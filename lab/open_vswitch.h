// Open vSwitch in a host of the lab: its database, its daemon with the user-space datapath, and a bridge br0.
// Used by tests and benches that hold ebond beside it. All of it goes with the object.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "lab/node.h"
#include "lab/process.h"

namespace ebond::lab {

class OpenVSwitch {
 public:
  /// Throws if it is not installed, or does not start within half a minute.
  explicit OpenVSwitch(Host& host);
  ~OpenVSwitch();
  OpenVSwitch(const OpenVSwitch&) = delete;
  OpenVSwitch& operator=(const OpenVSwitch&) = delete;

  /// ovs-vsctl; throws with its words if it fails.
  void must_vsctl(const Arguments& arguments) const;
  /// What ovs-appctl prints.
  std::string appctl(const std::string& command) const;
  bool is_enabled(const std::string& member) const;
  void signal(int number) const { daemon_->signal(number); }

 private:
  std::string at(const std::string& file) const { return (dir_ / file).string(); }
  Arguments with_dir(const Arguments& arguments) const;
  CommandResult vsctl(const Arguments& arguments) const;

  Host& host_;
  std::filesystem::path dir_;
  std::unique_ptr<Process> database_, daemon_;
};

}  // namespace ebond::lab
