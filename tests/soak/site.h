// A site of the soak: the hosts of one bond with their cables, the bonds on it, its flows, and how to do to
// them what the plan says.
//
// Every interface has a MAC of its own that does not change when it is made again, as a card's does not.
// Neighbours are told each other's MACs by hand, so that what is seen is the bond and not ARP; balance-alb's
// clients alone ask, because what they are told is the bond's work.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lab/ebond.h"
#include "lab/lab.h"
#include "tests/soak/excuses.h"
#include "tests/soak/situation.h"
#include "tests/soak/traffic.h"

namespace ebond::soak {

class Site {
 public:
  Site(lab::Lab& lab, unsigned number, const BondPlan& plan);

  const BondPlan& plan() const { return plan_; }
  lab::Host& host(Side side) { return side == Side::near ? near_ : far_; }
  bool has_bond(Side side) const { return side == Side::near || plan_.shape == Shape::back_to_back; }

  /// Makes its bonds, each by its daemon, and sets them up.
  void make_bonds(const lab::Ebond& near, const lab::Ebond& far);
  void know_neighbours();
  void add_flows(Traffic& traffic);

  void pull(unsigned cable) { set_far_up(cable, false); }
  void plug(unsigned cable) { set_far_up(cable, true); }
  /// Both ends of a cable are deleted, and made again; the near end has that name.
  void unplug(const std::string& near_interface);
  void replug(unsigned cable, const std::string& near_interface);

  /// Only with a switch, whose ports have no filters of ebond's.
  void lose(unsigned cable, bool to_far, double share);
  void lose_nothing(unsigned cable);
  /// The far end sends no more than so many Mbit/s: frames wait, and overtake one another by other cables.
  void shape(unsigned cable, unsigned mbps);
  void unshape(unsigned cable);

  const std::vector<std::size_t>& flows() const { return flows_; }
  /// Of the near bond.
  const std::string& lower_half() const { return lower_half_; }
  /// The other ends of the near slaves' cables.
  lab::Node& far_node() { return switch_ != nullptr ? static_cast<lab::Node&>(*switch_) : far_; }
  std::string far_interface(unsigned cable) const;

 private:
  void set_far_up(unsigned cable, bool up);
  void make_bond(const lab::Ebond& ebond, Side side, const Words& options);

  unsigned number_;
  BondPlan plan_;
  lab::Host& near_;
  lab::Host& far_;
  lab::Switch* switch_ = nullptr;
  std::string lower_half_;
  std::vector<std::size_t> flows_;
};

}  // namespace ebond::soak
