// The fastest link monitor: programs on the kernel's own netif_carrier_off and netif_carrier_on.
//
// A watched link's life in LinkBits is cleared before any other part of the system knows, and the daemon
// hears of it through a ring buffer. Works if the kernel allows tracing programs; else open() says
// why not, and netlink and the poll do the work. The programs are pinned: they go on cutting when the daemon
// is dead.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "bpf/abi.h"
#include "core/types.h"
#include "os/error.h"
#include "os/link_bits.h"
#include "os/netns.h"

namespace ebond::os {

struct CarrierNews {
  std::uint64_t netns_inode = 0;
  core::IfIndex ifindex{};
  bool carrier = false;
  core::TimePoint when;  ///< when the NIC's driver said so
};

class CarrierHook {
 public:
  /// Loads, attaches and pins; replaces what an earlier daemon left.
  static Result<CarrierHook> open(const std::filesystem::path& pin_dir, const LinkBits& links);
  CarrierHook(CarrierHook&&) noexcept;
  CarrierHook& operator=(CarrierHook&&) noexcept;
  ~CarrierHook();
  /// Ends what an earlier daemon pinned there, if it pinned any.
  static void remove(const std::filesystem::path& pin_dir);

  /// `cuts`: clear the link's life at once; else only tell.
  Result<> watch(const NamespaceId& where, core::IfIndex device, LinkId link, bool cuts);
  void unwatch(const NamespaceId& where, core::IfIndex device);

  int fd() const;  ///< readable when there is news
  /// Everything there is to hear now; never blocks.
  void read(const std::function<void(const CarrierNews&)>& hear);

 private:
  struct Parts;
  explicit CarrierHook(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace ebond::os
