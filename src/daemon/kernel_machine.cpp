#include "daemon/kernel_machine.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <system_error>

#include "daemon/bond/kernel_alarm.h"
#include "daemon/kernel_event_file.h"
#include "daemon/kernel_roll_caller.h"
#include "os/file.h"
#include "os/vlan_filter.h"

namespace ebond::daemon {

namespace {

os::Result<os::Namespace> borrow(control::NamespaceRef netns) {
  os::UniqueFd copy(::fcntl(netns.fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) return os::errno_error("cannot keep a network namespace", errno);
  return os::Namespace::from_fd(std::move(copy));
}

}  // namespace

os::Result<std::unique_ptr<KernelMachine>> KernelMachine::open(asio::io_context& loop,
                                                               const RunDirectory& directory, bool use_hook,
                                                               const os::SocketKeeper* keeper) {
  auto links = os::LinkBits::open_or_create(directory.pin_dir());
  if (!links) return std::unexpected(links.error());
  std::optional<os::CarrierHook> hook;
  if (!use_hook) {
    os::CarrierHook::remove(directory.pin_dir());
    spdlog::info("links are watched by netlink and poll, as asked for");
  } else if (auto opened = os::CarrierHook::open(directory.pin_dir(), *links)) {
    hook = std::move(*opened);
  } else {
    spdlog::info("links are watched by netlink and poll: {}", opened.error().message());
  }
  return std::unique_ptr<KernelMachine>(
      new KernelMachine(loop, directory, std::move(*links), std::move(hook), keeper));
}

KernelMachine::KernelMachine(asio::io_context& loop, const RunDirectory& directory, os::LinkBits links,
                             std::optional<os::CarrierHook> hook, const os::SocketKeeper* keeper)
    : directory_(directory),
      links_(std::move(links)),
      hook_(std::move(hook)),
      poller_(loop, std::make_unique<KernelRollCaller>()),
      onlooker_(loop),
      commons_{.loop = loop,
               .links = links_,
               .hook = hook_ ? &*hook_ : nullptr,
               .poller = poller_,
               .onlooker = onlooker_,
               .keeper = keeper,
               .vlan_directory = directory.path() / "vlans"},
      name_watch_(loop),
      hook_readable_(loop) {}

/// One that is named by its inode alone may not be there at all. All of them are files of one nsfs.
os::Result<os::NamespaceId> KernelMachine::identify(control::NamespaceRef netns) {
  const auto where = netns.fd >= 0 ? borrow(netns) : os::Namespace::current();
  if (!where) return std::unexpected(where.error());
  if (netns.fd >= 0) return where->id();
  return os::NamespaceId{where->id().device, netns.inode};
}

os::Result<os::NamespaceId> KernelMachine::initial() {
  const auto first = os::Namespace::initial();
  if (!first) return std::unexpected(first.error());
  return first->id();
}

os::Result<std::shared_ptr<Hands>> KernelMachine::open_hands(control::NamespaceRef netns) {
  auto where = borrow(netns);
  if (!where) return std::unexpected(where.error());
  return open_kernel_hands(commons_, std::move(*where));
}

os::Result<std::shared_ptr<Hands>> KernelMachine::open_hands(const os::NamespaceId& id) {
  auto where = os::Namespace::find(id);
  if (!where) return std::unexpected(where.error());
  return open_kernel_hands(commons_, std::move(*where));
}

os::Result<bool> KernelMachine::is_used(const os::NamespaceId& id) {
  return os::Namespace::is_used(id);
}

std::unique_ptr<EventFile> KernelMachine::open_event_file() {
  return std::make_unique<KernelEventFile>(commons_.loop, directory_.event_file(), boot_id());
}

void KernelMachine::hear_names(std::function<void()> changed) {
  const int watch = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (watch < 0) return;
  const std::string directory(os::kNamespaceDirectory);
  (void)os::make_directories(directory);
  if (::inotify_add_watch(watch, directory.c_str(), IN_DELETE | IN_CREATE | IN_MOVED_TO) < 0) {
    ::close(watch);
    return;
  }
  name_watch_.assign(watch);
  names_changed_ = std::move(changed);
  wait_for_names();
}

void KernelMachine::wait_for_names() {
  name_watch_.async_wait(asio::posix::stream_descriptor::wait_read,
                         [this](const asio::error_code& cancelled) {
                           if (cancelled) return;
                           std::array<char, 4096> ignored{};
                           while (::read(name_watch_.native_handle(), ignored.data(), ignored.size()) > 0) {
                           }
                           commons_.names.forget();
                           names_changed_();
                           wait_for_names();
                         });
}

void KernelMachine::hear_carriers(std::function<void(const os::CarrierNews&)> heard) {
  if (!hook_) return;
  // The descriptor belongs to the hook; asio gets one of its own.
  hook_readable_.assign(::fcntl(hook_->fd(), F_DUPFD_CLOEXEC, 0));
  carrier_heard_ = std::move(heard);
  wait_for_carriers();
}

void KernelMachine::wait_for_carriers() {
  hook_readable_.async_wait(asio::posix::stream_descriptor::wait_read,
                            [this](const asio::error_code& cancelled) {
                              if (cancelled) return;
                              read_carriers();
                              wait_for_carriers();
                            });
}

void KernelMachine::read_carriers() {
  if (hook_ && carrier_heard_) hook_->read(carrier_heard_);
}

core::TimePoint KernelMachine::now() {
  return core::TimePoint(std::chrono::steady_clock::now().time_since_epoch());
}

std::int64_t KernelMachine::realtime_ns() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

std::unique_ptr<Alarm> KernelMachine::make_alarm() {
  return make_kernel_alarm(commons_.loop);
}

void KernelMachine::take_leave() {
  os::CarrierHook::remove(directory_.pin_dir());
  os::LinkBits::remove(directory_.pin_dir());
  os::VlanFilter::end_all(commons_.vlan_directory);
  directory_.leave_pins();
}

}  // namespace ebond::daemon
