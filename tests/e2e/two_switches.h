// Two switches with a router behind both, so that what lies beyond a link can be cut while the link stays up.
#pragma once

#include "tests/e2e/bond_lab.h"

namespace ebond::lab {

//   server eth0 --- p1 left  p2 --- p1 core p3 --- eth0 router
//          eth1 --- p1 right p2 --- p2
class TwoSwitchLab : public WithEbond {
 protected:
  Host& server = lab.host("server");
  Host& router = lab.host("router");
  Switch& left = lab.switch_("left");
  Switch& right = lab.switch_("right");
  Switch& core = lab.switch_("core");
  Cable& left_down = lab.cable(server, "eth0", left);
  Cable& right_down = lab.cable(server, "eth1", right);
  Cable& left_up = lab.cable(left, "up", core);
  Cable& right_up = lab.cable(right, "up", core);
  Cable& last = lab.cable(router, "eth0", core);

  void SetUp() override {
    // The near end of an uplink is a port of its switch, too.
    left.adopt("up");
    right.adopt("up");
    router.add_address("eth0", "192.0.2.254/24");
    router.add_address("eth0", "2001:db8::fe/64");
  }
  void bond(const Arguments& options) { make_bond(server, options, "192.0.2.1/24"); }
  nlohmann::json show() { return WithEbond::show(server).at(0); }
  nlohmann::json slave(const std::string& name) {
    const auto shown = show();
    for (const auto& each : shown.at("slaves")) {
      if (each.at("ifname") == name) return each;
    }
    return {};
  }
  bool is_up(const std::string& name) { return slave(name).at("mii_status") == "UP"; }
  bool all_up() { return is_up("eth0") && is_up("eth1"); }
};

}  // namespace ebond::lab
