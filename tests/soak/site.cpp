#include "tests/soak/site.h"

#include <fmt/format.h>

#include "lab/loss.h"
#include "lab/must.h"
#include "tests/soak/plan.h"

namespace ebond::soak {
namespace {

using lab::must;

std::string name_of(const char* what, unsigned number) {
  return fmt::format("{}{}", what, number);
}

wire::MacAddress mac_of(unsigned site, unsigned end, unsigned cable) {
  return wire::MacAddress({0x02, 0xeb, 0, static_cast<std::uint8_t>(site), static_cast<std::uint8_t>(end),
                           static_cast<std::uint8_t>(cable)});
}

}  // namespace

Site::Site(lab::Lab& lab, unsigned number, const BondPlan& plan)
    : number_(number),
      plan_(plan),
      near_(lab.host(name_of("near", number))),
      far_(lab.host(name_of("far", number))) {
  if (plan_.shape == Shape::one_switch) {
    switch_ = &lab.switch_(name_of("sw", number));
    must(far_.net().create_veth({.name = "eth0", .peer_name = "p0", .peer_namespace = &switch_->netns()}));
    far_.set_up("eth0");
    switch_->adopt("p0");
    far_.add_address("eth0", std::string(address_of(Side::far)) + "/24");
  }
  for (unsigned cable = 0; cable < plan_.slaves; ++cable) replug(cable, name_of("eth", cable));
  // What a slave has before, it must have again.
  near_.add_address("eth1", "198.51.100.1/24");
  near_.must_run({"ip", "route", "add", "203.0.113.0/24", "via", "198.51.100.2"});
}

std::string Site::far_interface(unsigned cable) const {
  return switch_ != nullptr ? name_of("p", cable + 1) : name_of("eth", cable);
}

void Site::set_far_up(unsigned cable, bool up) {
  far_node().set_up(far_interface(cable), up);
}

void Site::unplug(const std::string& near_interface) {
  must(near_.net().delete_link(near_.link(near_interface).ifindex));
}

void Site::replug(unsigned cable, const std::string& near_interface) {
  must(near_.net().create_veth({.name = near_interface,
                                .peer_name = far_interface(cable),
                                .mac = mac_of(number_, 1, cable),
                                .peer_mac = mac_of(number_, 2, cable),
                                .peer_namespace = &far_node().netns()}));
  near_.set_up(near_interface);
  if (switch_ != nullptr) {
    switch_->adopt(far_interface(cable));
  } else {
    set_far_up(cable, true);
  }
}

void Site::lose(unsigned cable, bool to_far, double share) {
  lab::set_loss(far_node().netns(), far_node().link(far_interface(cable)).ifindex,
                to_far ? lab::LossPoint::ingress : lab::LossPoint::egress, share);
}

void Site::lose_nothing(unsigned cable) {
  for (const bool to_far : {true, false}) lose(cable, to_far, 0);
}

void Site::shape(unsigned cable, unsigned mbps) {
  far_node().must_run({"tc", "qdisc", "replace", "dev", far_interface(cable), "root", "tbf", "rate",
                       fmt::format("{}mbit", mbps), "burst", "16384", "latency", "200ms"});
}

void Site::unshape(unsigned cable) {
  far_node().must_run({"tc", "qdisc", "del", "dev", far_interface(cable), "root"});
}

void Site::make_bond(const lab::Ebond& ebond, Side side, const Words& options) {
  auto& where = host(side);
  Words add{"add", "bond0", "mode", plan_.mode};
  add.insert(add.end(), options.begin(), options.end());
  ebond.must_run(where, add);
  Words enslave{"enslave", "bond0"};
  for (unsigned cable = 0; cable < plan_.slaves; ++cable) enslave.push_back(name_of("eth", cable));
  ebond.must_run(where, enslave);
  where.add_address("bond0", std::string(address_of(side)) + "/24");
  where.set_up("bond0");
}

void Site::make_bonds(const lab::Ebond& near, const lab::Ebond& far) {
  make_bond(near, Side::near, plan_.near_options);
  lower_half_ = must(near_.net().link(near_.link("bond0").lower.value())).name;
  if (has_bond(Side::far)) make_bond(far, Side::far, plan_.far_options);
}

void Site::know_neighbours() {
  const std::string far_interface = has_bond(Side::far) ? "bond0" : "eth0";
  near_.must_run({"ip", "neigh", "replace", address_of(Side::far), "lladdr",
                  far_.link(far_interface).mac.to_string(), "dev", "bond0", "nud", "permanent"});
  if (plan_.mode == "balance-alb") return;
  far_.must_run({"ip", "neigh", "replace", address_of(Side::near), "lladdr",
                 near_.link("bond0").mac.to_string(), "dev", far_interface, "nud", "permanent"});
}

void Site::add_flows(Traffic& traffic) {
  const std::string far_interface = has_bond(Side::far) ? "bond0" : "eth0";
  const auto rules = [&](const char* what) {
    return FlowRules{.name = fmt::format("site {} {}, {}", number_, plan_.mode, what),
                     .may_double = plan_.doubles_frames()};
  };
  flows_ = {traffic.add_flow(rules("near to far"), near_, far_, address_of(Side::far)),
            traffic.add_flow(rules("far to near"), far_, near_, address_of(Side::near)),
            traffic.add_broadcasts(rules("broadcasts near to far"), near_, "bond0", far_, far_interface),
            traffic.add_broadcasts(rules("broadcasts far to near"), far_, far_interface, near_, "bond0")};
}

}  // namespace ebond::soak
