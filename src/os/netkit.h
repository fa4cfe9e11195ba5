// bond0 as a netkit device (Linux 6.7): what the kernel's interface has of it, which may be newer than the
// headers this is built with, and the link by which a program decides over each frame that bond0 sends.
//
// The lower half is netkit's primary device and bond0 its peer: so the program is attached by the lower half,
// in the bond's namespace, wherever bond0 stands, and whoever has bond0 cannot take it off. Used by
// BondDevice, Datapath and Rtnetlink; knows nothing of bonds. Everything is done in the current namespace.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "core/types.h"
#include "os/error.h"
#include "os/unique_fd.h"

namespace ebond::os {

namespace netkit {

// IFLA_NETKIT_*
inline constexpr std::uint16_t kPeerInfo = 1, kPolicy = 3, kPeerPolicy = 4, kMode = 5;
inline constexpr std::uint32_t kLayer2 = 0;
// Policies: what becomes of a frame if there is no program.
inline constexpr std::uint32_t kForward = 0, kBlackhole = 2;
// BPF_NETKIT_PEER of enum bpf_attach_type: by the primary device, on what its peer sends.
inline constexpr int kAttachToPeer = 55;

/// The programs on what the peer of this primary device sends, by their ids. ENXIO: it is no netkit device,
/// or the kernel has none.
Result<std::vector<std::uint32_t>> programs_on_peer(core::IfIndex primary);

/// Is this the primary one of a pair?
bool is_primary(core::IfIndex device);

}  // namespace netkit

/// A program on all that the peer of a primary device sends: a bpf_link, which tc knows nothing of. It lasts
/// for as long as this, or its pin, or the device.
class NetkitLink {
 public:
  NetkitLink() = default;
  static Result<NetkitLink> attach(core::IfIndex primary, int program);
  /// ENOENT: nothing is pinned there.
  static Result<NetkitLink> open(const std::filesystem::path& pin);

  explicit operator bool() const { return static_cast<bool>(link_); }
  int fd() const { return link_.get(); }
  /// So that each frame meets the old program or this one.
  Result<> replace(int program) const;

  /// The id of its program; none: it was taken off, or the device is gone.
  Result<std::optional<std::uint32_t>> program() const;

 private:
  UniqueFd link_;
};

}  // namespace ebond::os
