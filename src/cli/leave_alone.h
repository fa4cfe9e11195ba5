// Has systemd-networkd and NetworkManager leave the slaves of our bonds alone, and what they would take for a
// bond of their own: by files below /run, which both read beside the administrator's and which are gone at
// the next boot. Written by `ebond up --enabled`, which at boot comes before them.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cli/host.h"

namespace ebond::cli {

/// What of the machine is ours to configure.
struct OurInterfaces {
  std::vector<std::string> bonds;
  std::vector<std::string> hands_off;  ///< slaves, those waited for, and the bonds' lower halves
  /// Files of systemd-networkd's that describe those bonds, and by which it would make them itself.
  std::vector<std::filesystem::path> netdevs;
};

/// What those that run already are to be told.
struct LeaveAloneNews {
  bool networkd = false;               ///< a file of its changed
  bool network_manager = false;        ///< the same
  std::vector<std::string> managed{};  ///< by NetworkManager: bonds that a profile for a card names
};

/// Writes what is needed now, for those of both that the machine below `root` has, and removes what an
/// earlier call wrote and is not needed any more.
Step<LeaveAloneNews> write_leave_alone(const OurInterfaces& ours, const std::filesystem::path& root);

}  // namespace ebond::cli
