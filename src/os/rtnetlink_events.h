// What happens to links, addresses and filters of one network namespace, as rtnetlink tells it.
//
// The daemon waits for fd() to become readable and reads. Netlink drops messages if a reader is slow
// (`overrun`): the reader must then ask Rtnetlink how things stand. And it is not a link monitor by itself:
// the kernel holds back the second carrier change within one second.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "os/error.h"
#include "os/netns.h"
#include "os/rtnetlink_types.h"
#include "os/unique_fd.h"

namespace ebond::os {

/// A link is new, or anything about it changed.
struct LinkChanged {
  LinkInfo link;
};
/// A link was deleted, or left for another namespace: then `new_netnsid` and `new_ifindex` tell where it is.
struct LinkGone {
  LinkInfo link;  ///< as it was
};
struct AddressChanged {
  bool added = false;  ///< else removed; lifetimes or flags renewed is added again
  Address address;
};
/// A filter of a link's traffic control came, went or was replaced, or a qdisc went.
struct FiltersChanged {
  IfIndex ifindex{};
  /// The netlink port that asked for it, mostly the id of a process; 0: not told.
  std::uint32_t asked_by = 0;
};
/// The IP stack joined or left a multicast group on a link (Linux 6.14; see LinkEvents::tells_groups).
struct GroupsChanged {
  IfIndex ifindex{};
};
using LinkEvent = std::variant<LinkChanged, LinkGone, AddressChanged, FiltersChanged, GroupsChanged>;

struct LinkEventBatch {
  std::vector<LinkEvent>
      events;            ///< in the kernel's order; of what was told of one thing again and again, the latest
  bool overrun = false;  ///< messages were lost before these: resynchronise
};

class LinkEvents {
 public:
  static Result<LinkEvents> open(const Namespace& where);
  int fd() const { return fd_.get(); }
  bool tells_groups() const { return tells_groups_; }
  /// What there is to read now, up to a few hundred messages: who waits for fd() gets the rest. Never blocks.
  Result<LinkEventBatch> read();

 private:
  LinkEvents(UniqueFd fd, bool tells_groups) : fd_(std::move(fd)), tells_groups_(tells_groups) {}
  UniqueFd fd_;
  bool tells_groups_;
};

/// Of several messages about the same link, addresses or filters of an interface, the latest remains; before
/// a link's end, nothing of it.
void keep_latest(std::vector<LinkEvent>& events);

}  // namespace ebond::os
