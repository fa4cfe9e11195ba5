// A small network on one machine: hosts, switches and cables, drawn as it is built.
//
//   Lab lab;
//   auto& server = lab.host("server");
//   auto& sw = lab.switch_("sw");
//   auto& left = lab.cable(server, "eth0", sw);
//   left.pull();
//
// Needs root. All of it goes with the Lab, on SIGINT and SIGTERM too; a killed lab's leftovers by sweep().
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lab/cable.h"
#include "lab/node.h"

namespace ebond::lab {

class Lab {
 public:
  Host& host(const std::string& name);
  Switch& switch_(const std::string& name);
  Cable& cable(Node& near, const std::string& near_interface, Node& far, const std::string& far_interface,
               std::uint32_t mtu = 0);
  /// To the switch's next port, which joins the bridge.
  Cable& cable(Node& near, const std::string& near_interface, Switch& far, std::uint32_t mtu = 0);

  /// The topology in ASCII: a pair of boxes for any two nodes that cables join, a line a cable, with the
  /// cable's present state.
  std::string draw() const;

  /// Removes what labs of processes that have ended left behind. Returns how many namespaces.
  static int sweep();

 private:
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<Cable>> cables_;
};

}  // namespace ebond::lab
