// Classic BPF programs for packet sockets: which frames wake the daemon. They see a frame as it came in, less
// the VLAN tag, which the kernel takes off first.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <span>
#include <vector>

#include "core/listening.h"

namespace ebond::os {

using FrameFilter = std::vector<sock_filter>;

/// Frames of any of these EtherTypes; no program, which is every frame, if there is none.
FrameFilter ethertype_filter(std::span<const std::uint16_t> ethertypes);

/// The ARP, ND, ICMP and BFD frames `kinds` names. IP fragments and IPv6 extension headers do not pass.
FrameFilter probe_filter(const core::Listening& kinds);

/// Slow Protocols frames that are LACPDUs by their length, version and TLV headers, or those that are not.
FrameFilter lacpdu_filter();
FrameFilter other_slow_filter();

}  // namespace ebond::os
