// What a bond is like, to be gone back to: what `ebond apply --confirm` promises.
//
// Made and gone back to by Runner, kept by Checkpoints, written by store.h.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/service.h"
#include "core/types.h"
#include "os/netns.h"
#include "os/rtnetlink_types.h"

namespace ebond::daemon {

struct SlaveSnapshot {
  std::string name;
  control::KeyValues options{};  ///< all of them
};

struct BondSnapshot {
  std::string name;
  control::KeyValues options{};  ///< all of them; "" is one that is not set
  std::vector<SlaveSnapshot> slaves{};
  std::vector<std::string> awaited{};
  // bond0 itself
  os::NamespaceId stands_in{};  ///< none: with its slaves
  std::uint32_t mtu = 0;
  wire::MacAddress mac{};
  bool up = false;
  bool has_master = false;
  std::set<std::string> above{};  ///< VLANs on it, by name
  std::vector<os::Address> addresses{};
  std::vector<os::Route> routes{};
};

/// Some bonds of a namespace, and until when they may be otherwise.
struct Checkpoint {
  os::NamespaceId where{};
  std::uint64_t namespace_cookie = 0;  ///< as StoredBond's
  std::string boot_id{};
  core::TimePoint deadline{};         ///< CLOCK_MONOTONIC
  std::vector<std::string> absent{};  ///< these were no bonds
  std::vector<BondSnapshot> bonds{};
};

}  // namespace ebond::daemon
