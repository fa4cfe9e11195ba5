// Raw Ethernet frames in and out of single interfaces (AF_PACKET).
//
// The daemon announces, probes and speaks LACP with these. A FrameReceiver sees a frame before TC ingress
// does, so also what the data path keeps from the stack (but for Slow Protocols, see there). A VLAN tag the
// NIC took off is put back into what open_filtered() hears; elsewhere it is not in the frame.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/types.h"
#include "os/error.h"
#include "os/frame_filter.h"
#include "os/netns.h"
#include "os/unique_fd.h"
#include "wire/bytes.h"

namespace ebond::os {

/// Sends on any interface of its namespace.
class FrameSender {
 public:
  static Result<FrameSender> open(const Namespace& where);
  int fd() const { return fd_.get(); }
  /// A whole frame, Ethernet header included. Never blocks: a full queue is EAGAIN or ENOBUFS, an interface
  /// that is down ENETDOWN.
  Result<> send(core::IfIndex out, wire::ByteView frame) const;

 private:
  explicit FrameSender(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

/// Hears what one interface receives, not what it sends.
class FrameReceiver {
 public:
  /// Frames of the given EtherTypes, at most 64; all frames if none is given.
  static Result<FrameReceiver> open(const Namespace& where, core::IfIndex in,
                                    std::span<const std::uint16_t> ethertypes);
  /// Frames of one EtherType (ETH_P_802_2: those that have a length there) that pass `filter`, and are sent
  /// to groups, which the interface takes for as long as the receiver lives. They are heard behind the data
  /// path's program, which lets such frames pass to the slave, and cost other frames nothing.
  static Result<FrameReceiver> open_groups(const Namespace& where, core::IfIndex in, std::uint16_t ethertype,
                                           std::span<const wire::MacAddress> groups, FrameFilter filter);
  /// Frames that pass `filter`, also those the data path drops.
  static Result<FrameReceiver> open_filtered(const Namespace& where, core::IfIndex in, FrameFilter filter);
  /// From now on another filter, at one stroke: between the two no frame passes by neither. What waits
  /// already stays.
  Result<> filter(FrameFilter filter);
  /// The interface takes this group address, too, for as long as the receiver lives.
  Result<> join(const wire::MacAddress& group);
  /// Has the interface take frames to this unicast address too, in place of one told before, for as long as
  /// the receiver lives.
  Result<> take_also(const wire::MacAddress& mac);
  int fd() const { return fd_.get(); }
  /// The next frame, Ethernet header included; none if there is none now. ENETDOWN once after the
  /// interface went down; it goes on when the interface comes up again.
  Result<std::optional<wire::Bytes>> receive();
  /// Hears nothing more, and has the interface take nothing more for it, at once, also where another process
  /// has the socket (SocketKeeper).
  void close();
  /// Frames lost since the last call, because they came faster than they were received.
  std::uint64_t take_overflow();

 private:
  FrameReceiver(UniqueFd fd, core::IfIndex in) : fd_(std::move(fd)), in_(in) {}
  UniqueFd fd_;
  core::IfIndex in_{};
  std::vector<wire::MacAddress> joined_{};
  std::optional<wire::MacAddress> taken_{};
};

}  // namespace ebond::os
