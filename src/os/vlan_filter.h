// Telling a network card which VLANs to let in.
//
// A card that filters VLANs drops the tagged frames it was not told of, and the kernel tells it for a VLAN
// device alone, that stands on the card or on something that passes the word on. bond0 is a veth or netkit
// and does not. So a VLAN device is put on the slave, into a network namespace that nobody looks into: set
// down, it takes no frame and has no address, and is seen nowhere but there. The namespace is kept by a mount
// of the file given to open(): what a card was told outlives the daemon. Where nothing may be mounted it
// lasts as long as this object.
//
// Used by the daemon, one for each namespace with bonds in it. One thread at a time.
#pragma once

#include <filesystem>
#include <optional>

#include "core/receive_filter.h"
#include "core/types.h"
#include "os/error.h"
#include "os/netlink_socket.h"
#include "os/netns.h"
#include "os/rtnetlink.h"

namespace ebond::os {

class VlanFilter {
 public:
  /// Nothing is made before the first add(). What an earlier process left at `keeper` is taken over.
  static Result<VlanFilter> open(const Namespace& where, std::filesystem::path keeper);

  /// EEXIST if the card has that VLAN by a VLAN device of somebody else's; no error if it was told of it here
  /// before.
  Result<> add(core::IfIndex card, const core::VlanKey& vlan);
  /// No error if it was not told, or is gone.
  Result<> remove(core::IfIndex card, const core::VlanKey& vlan);
  /// Takes away the namespace, with all that is in it.
  void end();
  /// The same of one that nobody has open.
  static void end_one(const std::filesystem::path& keeper);
  /// Takes away all that is kept in a directory of keepers, once no card is told anything, and the directory.
  static void end_all(const std::filesystem::path& keepers);

 private:
  struct Hidden {
    Namespace where;
    Rtnetlink inside;
  };
  VlanFilter(NetlinkSocket socket, std::filesystem::path keeper)
      : socket_(std::move(socket)), keeper_(std::move(keeper)) {}
  Result<Hidden*> hidden();
  /// The device that stands for it; none if it was not told.
  Result<std::optional<core::IfIndex>> find(core::IfIndex card, const core::VlanKey& vlan);

  NetlinkSocket socket_;  ///< where the cards are
  std::filesystem::path keeper_;
  std::optional<Hidden> hidden_;
};

}  // namespace ebond::os
