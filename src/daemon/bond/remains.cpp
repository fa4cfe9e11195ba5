#include "daemon/bond/remains.h"

#include <fmt/format.h>
#include <net/if.h>

#include "daemon/bond/identity.h"

namespace ebond::daemon {
namespace {

class Clearing {
 public:
  Clearing(const Places& places, const RunDirectory& directory, const Remains& remains)
      : places_(places),
        hands_(places.slaves),
        remains_(remains),
        pins_(directory.bond_pin_dir(remains.key)) {}

  std::vector<std::string> clear() {
    find_maps();
    if (remains_.stored) {
      for (const auto& originals : remains_.stored->originals) give_back_known(originals);
    } else {
      give_back_strays();
    }
    if (remains_.upper) attempt(hands_.delete_link(*remains_.upper), ENODEV);
    if (remains_.stored && remains_.stored->home && failures_.empty()) {
      attempt(hands_.take_name_off(remains_.stored->home->own_netns));
    }
    return std::move(failures_);
  }

 private:
  void attempt(const os::Result<>& result, int harmless = 0) {
    if (!result && result.error().errno_value != harmless) failures_.push_back(result.error().message());
  }

  /// Programs are known by the bond's map. If its pin is lost, the programs still hold it.
  void find_maps() {
    if (!remains_.upper) return;
    const auto upper = hands_.link(*remains_.upper);
    if (!upper || !upper->lower || upper->lower_netnsid) return;
    (void)hands_.recover_pins(pins_, *upper->lower);
  }

  void give_back_known(const SlaveOriginals& originals) {
    hands_.unwatch_carrier(originals.ifindex);
    const auto there = is_still_there(hands_, pins_, *remains_.stored, originals);
    if (!there) return failures_.push_back(there.error().message());
    if (!*there && !originals.at_home) return;
    if (*there) {
      const auto off = hands_.take_remains_off(pins_, originals.ifindex, !originals.had_clsact);
      if (!off) failures_.push_back(off.error().message());
    }
    attempt(give_back(places_, originals));
  }

  void give_back_strays() {
    const auto links = hands_.links();
    if (!links) return failures_.push_back(links.error().message());
    for (const auto& link : *links) {
      if (link.ifindex == remains_.upper || link.lower == remains_.upper) continue;
      const auto had_one = hands_.take_remains_off(pins_, link.ifindex, false);
      if (!had_one) failures_.push_back(had_one.error().message());
      if (had_one && *had_one) give_back_unknown(link);
    }
  }

  /// One of which nobody knows what it was: what a NIC is without a bond.
  void give_back_unknown(const os::LinkInfo& link) {
    hands_.unwatch_carrier(link.ifindex);
    const auto off = hands_.take_remains_off(pins_, link.ifindex, true);
    if (!off) failures_.push_back(off.error().message());
    if (link.permanent_mac) attempt(set_mac_even_if_busy(hands_, link.ifindex, *link.permanent_mac));
    constexpr std::uint32_t kOfSlaves = IFF_NOARP | IFF_PROMISC | IFF_ALLMULTI;
    attempt(hands_.set_flags(link.ifindex, kOfSlaves, 0));
    attempt(hands_.set_ipv6_setting(link.name, "disable_ipv6", "0"), ENOENT);
    failures_.push_back(fmt::format("what addresses and routes {} had, and its {}, is not known any more",
                                    link.name, link.permanent_mac ? "MTU" : "MTU and MAC address"));
  }

  Places places_;
  Hands& hands_;
  const Remains& remains_;
  std::filesystem::path pins_;
  std::vector<std::string> failures_;
};

}  // namespace

os::Result<bool> is_a_bond(Hands& hands, const os::LinkInfo& link) {
  if (!link.is_half_of_a_pair() || !link.lower || link.lower_netnsid) return false;
  const auto lower = hands.link(*link.lower);
  if (!lower && lower.error().errno_value == ENODEV) return false;
  if (!lower) return std::unexpected(lower.error());
  return lower->lower == link.ifindex && os::BondDevice::says_a_lower_half(lower->alias);
}

std::vector<std::string> take_apart(const Places& places, const RunDirectory& directory,
                                    const Remains& remains) {
  return Clearing(places, directory, remains).clear();
}

}  // namespace ebond::daemon
