// The Hands that ebondd runs with: the kernel's netlink, ioctls, /proc and BPF, in one network namespace.
#pragma once

#include <asio/io_context.hpp>
#include <filesystem>
#include <memory>

#include "daemon/bond/hands.h"
#include "daemon/link_poller.h"
#include "daemon/onlooker.h"
#include "os/carrier_hook.h"
#include "os/link_bits.h"
#include "os/namespace_names.h"
#include "os/socket_keeper.h"

namespace ebond::daemon {

/// What the hands of all namespaces of a daemon share. Outlives them.
struct KernelCommons {
  asio::io_context& loop;
  os::LinkBits& links;
  os::CarrierHook* hook = nullptr;  ///< none: the kernel refuses it, or nobody wants it
  LinkPoller& poller;
  Onlooker& onlooker;
  const os::SocketKeeper* keeper = nullptr;  ///< of packet sockets; none: could not be started
  os::NamespaceNames names{};
  std::filesystem::path vlan_directory{};  ///< where namespaces of VLANs that cards were told of are kept
};

/// Hands in `where`, every socket they need opened inside it.
os::Result<std::shared_ptr<Hands>> open_kernel_hands(KernelCommons& commons, os::Namespace where);

}  // namespace ebond::daemon
