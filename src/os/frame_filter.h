// Classic BPF programs for packet sockets: which frames wake the daemon. They refuse in the kernel what the
// core would not believe, so that a flood of it costs the daemon nothing and pushes nothing out of its
// sockets.
//
// They see a frame as it came in, less its outermost VLAN tag, which the kernel takes off first, and look
// behind any other: a frame counts in whatever VLAN it comes. IP fragments and IPv6 extension headers do not
// pass. Conditions for which a kernel has no room (net.core.optmem_max) are left out, which lets more pass
// and never less.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <span>
#include <vector>

#include "core/listening.h"

namespace ebond::os {

using FrameFilter = std::vector<sock_filter>;

/// A condition with more values than this is left out: an interface may have any number of addresses.
inline constexpr std::size_t kMaxChoices = 20;

/// Frames of any of these EtherTypes; no program, which is every frame, if there is none.
FrameFilter ethertype_filter(std::span<const std::uint16_t> ethertypes);

FrameFilter any_neighbour_filter();
FrameFilter arp_filter(std::span<const core::ArpRule> rules);
FrameFilter nd_filter(std::span<const core::NdRule> rules);
FrameFilter echo_filter(std::span<const core::EchoRule> rules);
FrameFilter bfd_filter(std::span<const core::BfdRule> rules);        ///< UDP port 3784, RFC 5881 4
FrameFilter micro_bfd_filter(std::span<const core::BfdRule> rules);  ///< UDP port 6784, RFC 7130 2.2

/// LLDP to any of its groups, with a Chassis ID in front; CDP in its SNAP header.
FrameFilter lldp_filter();
FrameFilter cdp_filter();

/// Slow Protocols frames to their group address that are LACPDUs by their length, version and TLV headers.
FrameFilter lacpdu_filter();
/// Likewise those that are Markers which ask for a response.
FrameFilter marker_filter();

}  // namespace ebond::os
