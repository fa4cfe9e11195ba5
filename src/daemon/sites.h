// The network namespaces that have bonds in them: hands in each, its bonds, and the news it brings them.
//
// Used by Daemon. A site is opened with its first bond and closed with its last, or when nobody else holds
// the namespace any more: were it held open here, it would live on with all its devices.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "daemon/bond/runner.h"
#include "daemon/machine.h"

namespace ebond::daemon {

struct Site {
  std::shared_ptr<Hands> hands;
  std::vector<std::unique_ptr<Runner>> bonds{};  ///< whose slaves stand here, in order of creation
  using Visitors = std::shared_ptr<std::vector<Runner*>>;
  /// Bonds of other namespaces whose bond0 stands here.
  Visitors guests = std::make_shared<std::vector<Runner*>>();
  /// Bonds that belong here and have their slaves away.
  Visitors members = std::make_shared<std::vector<Runner*>>();
  std::string doubt{};  ///< why the latest look could not tell whether others use it
  bool looking_elsewhere = false;
  core::TimePoint look_elsewhere_at{};  ///< not before

  /// Bonds that belong here, wherever their slaves are.
  std::vector<Runner*> of_here() const;
  /// Of these.
  Runner* find(const std::string& name) const;
  bool is_empty() const { return bonds.empty() && guests->empty() && members->empty(); }
  /// Is this a namespace that a bond has for its own?
  bool is_a_bonds_own() const;
  /// Bonds whose bond0 stands here, of whatever namespace they are.
  std::vector<Runner*> with_uppers_here() const;
};

class Sites {
 public:
  explicit Sites(Machine& machine) : machine_(machine) {}

  /// None if no bond is there.
  Site* find(const os::NamespaceId& id);
  /// Opens it if it is new.
  os::Result<Site*> of(control::NamespaceRef netns);
  os::Result<Site*> of(const os::NamespaceId& id);
  /// Those that no bond is in any more.
  void close_empty();
  /// Into the site that its slaves are in.
  void admit(std::unique_ptr<Runner> bond);
  /// From whatever site it is in.
  void remove(const Runner* bond);
  /// See BondHost::visit. The hands are those of the site, if there is one already.
  Visit visit(std::shared_ptr<Hands> there, Runner& bond);
  /// See BondHost::belong.
  Visit belong(std::shared_ptr<Hands> there, Runner& bond);
  bool empty() const { return sites_.empty(); }
  bool any(const std::function<bool(const Site&)>& is_it) const {
    return std::ranges::any_of(sites_, [&](const auto& each) { return is_it(each.second); });
  }
  /// Those that bonds belong to.
  std::vector<os::NamespaceId> all() const;

  /// Of which bond of this namespace an interface is a part, in words; see Runner::claims().
  std::optional<std::string> claimed_by(const os::NamespaceId& id, os::IfIndex ifindex) const;

  void carrier_changed(const os::CarrierNews& news);
  /// Tells bonds what stands on them in other namespaces, as seldom as it takes long to find out.
  void look_elsewhere();
  /// Tells the bonds whose groups changed, where no news tell what the IP stack joins. Looks at some of those
  /// namespaces, in turn: the kernel writes a line for every group of every device.
  void look_at_groups();
  /// Has some of the bonds, in turn, look at what nobody tells of; see Runner::look_at_upper() and
  /// look_at_files().
  void look_at_bonds();
  /// Some bond is over: with the next look.
  void let_go_soon() { some_are_over_ = true; }
  /// Interfaces that bonds await may be there, untold of.
  void look_for_absent();
  /// Names of namespaces may have come or gone. `nameless_too`: looks whether those without one are still
  /// held by anyone else, which takes a while.
  void look_at_names(bool nameless_too);

 private:
  os::Result<Site*> open(os::Result<std::shared_ptr<Hands>> hands);
  Site& open(std::shared_ptr<Hands> hands);
  /// The one that there is already, or a new one.
  Site& site_of(std::shared_ptr<Hands> hands);
  static Visit stay(const Site& site, const Site::Visitors& among, Runner& bond);
  void hear(const os::NamespaceId& id, const os::Result<os::LinkEventBatch>& batch);
  void let_go();
  /// Where somebody is who goes through all bonds.
  struct Place {
    os::NamespaceId site;
    std::size_t bond = 0;
  };
  /// The one that stands there, or next after it; null if there are none. Goes on to the one behind it.
  Runner* next_bond(Place& place);
  void visit_some(Place& place, std::size_t most, void (Runner::*look)());
  bool is_unused(const os::NamespaceId& id);
  void abandon(const os::NamespaceId& id);

  Machine& machine_;
  std::map<os::NamespaceId, Site> sites_;
  os::NamespaceId looked_at_{};  ///< for groups, the latest
  Place uppers_{}, files_{};     ///< to be looked at next
  bool some_are_over_ = false;
};

}  // namespace ebond::daemon
