// The Machine that ebondd runs on.
#pragma once

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <memory>
#include <optional>

#include "daemon/bond/kernel_disk.h"
#include "daemon/bond/kernel_hands.h"
#include "daemon/machine.h"
#include "daemon/run_directory.h"
#include "os/machine_facts.h"

namespace ebond::daemon {

class KernelMachine : public Machine {
 public:
  /// Opens what all bonds share, in a run directory that is open() and locked. `use_hook` false: watches
  /// links without the carrier hook, and removes one that an earlier daemon left. `keeper` may be none.
  static os::Result<std::unique_ptr<KernelMachine>> open(asio::io_context& loop,
                                                         const RunDirectory& directory, bool use_hook,
                                                         const os::SocketKeeper* keeper);

  os::Result<os::NamespaceId> identify(control::NamespaceRef netns) override;
  os::Result<os::NamespaceId> initial() override;
  os::Result<std::shared_ptr<Hands>> open_hands(control::NamespaceRef netns) override;
  os::Result<std::shared_ptr<Hands>> open_hands(const os::NamespaceId& id) override;
  os::Result<bool> is_used(const os::NamespaceId& id) override;
  void hear_names(std::function<void()> changed) override;
  void hear_carriers(std::function<void(const os::CarrierNews&)> heard) override;
  std::string boot_id() override { return os::boot_id(); }
  void read_carriers() override;
  core::TimePoint now() override;
  std::int64_t realtime_ns() override;
  std::unique_ptr<Alarm> make_alarm() override;
  Disk& disk() override { return disk_; }
  std::unique_ptr<EventFile> open_event_file() override;
  void take_leave() override;

 private:
  KernelMachine(asio::io_context& loop, const RunDirectory& directory, os::LinkBits links,
                std::optional<os::CarrierHook> hook, const os::SocketKeeper* keeper);
  void wait_for_names();
  void wait_for_carriers();

  const RunDirectory directory_;
  KernelDisk disk_;
  os::LinkBits links_;
  std::optional<os::CarrierHook> hook_;
  LinkPoller poller_;
  Onlooker onlooker_;
  KernelCommons commons_;
  asio::posix::stream_descriptor name_watch_;
  std::function<void()> names_changed_;
  asio::posix::stream_descriptor hook_readable_;
  std::function<void(const os::CarrierNews&)> carrier_heard_;
};

}  // namespace ebond::daemon
