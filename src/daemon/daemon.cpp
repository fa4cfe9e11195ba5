#include "daemon/daemon.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "daemon/birth.h"
#include "daemon/errors.h"
#include "os/features.h"
#include "os/file.h"

namespace ebond::daemon {

namespace {
using Kind = control::Error::Kind;

/// How often it is looked for what nobody tells of: groups joined on a bond, and, every so many times,
/// whether a nameless namespace is still held by anyone but us.
constexpr std::chrono::milliseconds kLook{200};
constexpr unsigned kLooksAtNameless = 25;

os::Result<os::Namespace> borrow(control::NamespaceRef netns) {
  os::UniqueFd copy(::fcntl(netns.fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) return os::errno_error("cannot keep a network namespace", errno);
  return os::Namespace::from_fd(std::move(copy));
}

}  // namespace

os::Result<std::unique_ptr<Daemon>> Daemon::open(asio::io_context& loop, Paths paths, bool use_hook) {
  if (auto made = os::make_directories(paths.state_dir()); !made) return std::unexpected(made.error());
  if (auto made = os::make_pin_dir(paths.pin_dir()); !made) return std::unexpected(made.error());
  auto links = os::LinkBits::open_or_create(paths.pin_dir());
  if (!links) return std::unexpected(links.error());
  std::optional<os::CarrierHook> hook;
  if (!use_hook) {
    os::CarrierHook::remove(paths.pin_dir());
    spdlog::info("links are watched by netlink and poll, as asked for");
  } else if (auto opened = os::CarrierHook::open(paths.pin_dir(), *links)) {
    hook = std::move(*opened);
  } else {
    spdlog::info("links are watched by netlink and poll: {}", opened.error().message());
  }
  return std::unique_ptr<Daemon>(new Daemon(loop, std::move(paths), std::move(*links), std::move(hook)));
}

Daemon::Daemon(asio::io_context& loop, Paths paths, os::LinkBits links, std::optional<os::CarrierHook> hook)
    : loop_(loop),
      paths_(std::move(paths)),
      links_(std::move(links)),
      hook_(std::move(hook)),
      poller_(loop),
      host_{.loop = loop_,
            .paths = paths_,
            .links = links_,
            .hook = hook_ ? &*hook_ : nullptr,
            .poller = poller_,
            .claimed_by = [this](const Network& network, os::IfIndex ifindex) -> std::optional<std::string> {
              const auto site = sites_.find(network.where.id());
              if (site == sites_.end()) return std::nullopt;
              for (const auto& bond : site->second.bonds) {
                if (auto claim = bond->claims(ifindex)) return claim;
              }
              return std::nullopt;
            },
            .publish = [this](const Network& network,
                              const core::StampedEvent& event) { publish(network.where.id(), event); }},
      name_watch_(loop),
      look_timer_(loop),
      hook_readable_(loop) {
  watch_names();
  if (!hook_) return;
  hook_readable_.assign(::fcntl(hook_->fd(), F_DUPFD_CLOEXEC, 0));
  listen_to_hook();
}

void Daemon::take_leave() {
  std::error_code error;
  const bool nothing_left = std::filesystem::is_empty(paths_.state_dir(), error);
  if (error || !nothing_left) return;
  os::CarrierHook::remove(paths_.pin_dir());
  os::LinkBits::remove(paths_.pin_dir());
  // The directory, and the one of all daemons, unless there is more in them.
  if (std::filesystem::remove(paths_.pin_dir(), error)) {
    std::filesystem::remove(paths_.pin_dir().parent_path(), error);
  }
}

void Daemon::listen_to_hook() {
  hook_readable_.async_wait(asio::posix::stream_descriptor::wait_read,
                            [this](const asio::error_code& cancelled) {
                              if (cancelled) return;
                              hook_->read([this](const os::CarrierNews& news) {
                                for (auto& [id, site] : sites_) {
                                  if (id.inode != news.netns_inode) continue;
                                  for (const auto& bond : site.bonds) {
                                    if (bond->has_slave(news.ifindex)) bond->carrier_changed(news);
                                  }
                                }
                              });
                              listen_to_hook();
                            });
}

// Namespaces

os::Result<Daemon::Site*> Daemon::site_of(os::Namespace where) {
  const auto id = where.id();
  if (auto known = sites_.find(id); known != sites_.end()) return &known->second;
  auto network = Network::open(std::move(where));
  if (!network) return std::unexpected(network.error());
  auto shared = std::make_shared<Network>(std::move(*network));
  // The descriptor belongs to LinkEvents; asio gets one of its own.
  const int readable = ::fcntl(shared->events.fd(), F_DUPFD_CLOEXEC, 0);
  auto& site =
      sites_.emplace(id, Site{shared, asio::posix::stream_descriptor(loop_, readable), {}}).first->second;
  listen(id);
  if (!looking_) look_after();
  return &site;
}

void Daemon::listen(os::NamespaceId id) {
  auto& site = sites_.at(id);
  site.readable.async_wait(asio::posix::stream_descriptor::wait_read,
                           [this, id](const asio::error_code& cancelled) {
                             if (cancelled) return;
                             auto found = sites_.find(id);
                             if (found == sites_.end()) return;
                             hear(found->second);
                             if (!sites_.contains(id)) return;
                             listen(id);
                             close_if_empty(id);
                           });
}

void Daemon::hear(Site& site) {
  auto batch = site.network->events.read();
  if (!batch) {
    spdlog::error("{}", batch.error().message());
    return;
  }
  for (const auto& event : batch->events) {
    for (std::size_t i = 0; i < site.bonds.size(); ++i) {
      auto& bond = *site.bonds[i];
      if (const auto* changed = std::get_if<os::LinkChanged>(&event)) bond.link_changed(changed->link);
      if (const auto* address = std::get_if<os::AddressChanged>(&event)) {
        bond.address_changed(address->address.ifindex);
      }
      if (const auto* filters = std::get_if<os::FiltersChanged>(&event)) {
        bond.filters_changed(filters->ifindex);
      }
      if (const auto* gone = std::get_if<os::LinkGone>(&event);
          gone != nullptr && !bond.link_gone(gone->link)) {
        site.bonds.erase(site.bonds.begin() + static_cast<std::ptrdiff_t>(i--));
      }
    }
  }
  if (batch->overrun) {
    for (const auto& bond : site.bonds) bond->resynchronise();
  }
}

void Daemon::close_if_empty(os::NamespaceId id) {
  auto found = sites_.find(id);
  if (found == sites_.end() || !found->second.bonds.empty()) return;
  found->second.readable.cancel();
  sites_.erase(found);
}

void Daemon::watch_names() {
  // `ip netns del` only unlinks a name. Were the namespace held open here, it would live on with all its
  // devices.
  const int watch = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (watch < 0) return;
  const std::string directory(os::kNamespaceDirectory);
  (void)os::make_directories(directory);
  if (::inotify_add_watch(watch, directory.c_str(), IN_DELETE | IN_CREATE | IN_MOVED_TO) < 0) {
    ::close(watch);
    return;
  }
  name_watch_.assign(watch);
  hear_names();
}

void Daemon::hear_names() {
  name_watch_.async_wait(asio::posix::stream_descriptor::wait_read,
                         [this](const asio::error_code& cancelled) {
                           if (cancelled) return;
                           std::array<char, 4096> ignored{};
                           while (::read(name_watch_.native_handle(), ignored.data(), ignored.size()) > 0) {
                           }
                           look_at_names(false);
                           hear_names();
                         });
}

void Daemon::look_at_names(bool nameless_too) {
  std::vector<os::NamespaceId> abandoned;
  for (auto& [id, site] : sites_) {
    auto& network = *site.network;
    auto label = network.label_now();
    if (label == network.label && !(nameless_too && network.is_nameless())) continue;
    const bool lost_its_name = label != network.label && label == id.to_string();
    if ((lost_its_name || label == network.label) && !os::Namespace::is_used(id)) {
      abandoned.push_back(id);
      continue;
    }
    if (label == network.label) continue;
    spdlog::info("namespace {} is {} now", network.label, label);
    network.label = std::move(label);
    for (const auto& bond : site.bonds) bond->namespace_renamed();
  }
  for (const auto& id : abandoned) {
    auto& site = sites_.at(id);
    spdlog::info("namespace {} is no longer in use: it is released, and its bonds with it",
                 site.network->label);
    for (const auto& bond : site.bonds) bond->abandon();
    site.bonds.clear();
    close_if_empty(id);
  }
}

void Daemon::look_after() {
  looking_ = !sites_.empty();
  if (!looking_) return;
  look_timer_.expires_after(kLook);
  look_timer_.async_wait([this](const asio::error_code& cancelled) {
    if (cancelled) return;
    for (auto& [id, site] : sites_) {
      if (!site.network->multicast.changed()) continue;
      for (const auto& bond : site.bonds) bond->multicast_changed();
    }
    if (++looks_ % kLooksAtNameless == 0) look_at_names(true);
    look_after();
  });
}

control::Result<Daemon::Site*> Daemon::find_site(control::NamespaceRef netns) {
  auto where = borrow(netns);
  if (!where) return refuse(where.error());
  auto found = sites_.find(where->id());
  if (found == sites_.end()) return nullptr;
  return &found->second;
}

control::Result<std::pair<Daemon::Site*, ManagedBond*>> Daemon::find(control::NamespaceRef netns,
                                                                     const std::string& name) {
  auto site = find_site(netns);
  if (!site) return std::unexpected(site.error());
  if (*site != nullptr) {
    for (const auto& bond : (*site)->bonds) {
      if (bond->name() == name) return std::pair{*site, bond.get()};
    }
  }
  return refuse(Kind::no_such_bond, fmt::format("there is no bond {} in this network namespace", name));
}

// Adoption

void Daemon::adopt_all() {
  Birth::undo_all_unfinished(paths_);
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(paths_.state_dir(), error)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  for (const auto& file : files) adopt_one(file);
}

void Daemon::adopt_one(const std::filesystem::path& file) {
  auto stored = load(file);
  if (!stored) {
    spdlog::error("not adopted: {}", stored.error().message());
    return;
  }
  const auto name = stored->memory.name;
  auto where = os::Namespace::find(stored->where);
  if (!where) {
    spdlog::warn("{}: its network namespace {} is gone, and so is the bond", name, stored->where.to_string());
    std::error_code ignored;
    std::filesystem::remove_all(paths_.bond_pin_dir(Paths::bond_key(stored->where, stored->memory.ifindex)),
                                ignored);
    (void)os::remove_file(file);
    return;
  }
  const auto id = where->id();
  auto site = site_of(std::move(*where));
  if (!site) {
    spdlog::error("{}: not adopted: {}", name, site.error().message());
    return;
  }
  auto bond = ManagedBond::adopt(host_, (*site)->network, std::move(*stored));
  if (!bond) {
    spdlog::error("{}: not adopted: {}", name, bond.error().message());
    return close_if_empty(id);
  }
  (*site)->bonds.push_back(std::move(*bond));
}

// Commands

control::Result<> Daemon::add(control::NamespaceRef netns, const std::string& name,
                              const control::KeyValues& options) {
  auto where = borrow(netns);
  if (!where) return refuse(where.error());
  const auto id = where->id();
  auto site = site_of(std::move(*where));
  if (!site) return refuse(site.error());
  auto bond = ManagedBond::create(host_, (*site)->network, name, options);
  if (!bond) {
    close_if_empty(id);
    return std::unexpected(bond.error());
  }
  (*site)->bonds.push_back(std::move(*bond));
  return {};
}

control::Result<> Daemon::del(control::NamespaceRef netns, const std::string& name) {
  auto found = find(netns, name);
  if (!found) return std::unexpected(found.error());
  auto [site, bond] = *found;
  if (auto done = bond->destroy(); !done) return done;
  const auto id = site->network->where.id();
  std::erase_if(site->bonds, [gone = bond](const auto& each) { return each.get() == gone; });
  close_if_empty(id);
  return {};
}

control::Result<> Daemon::set(control::NamespaceRef netns, const std::string& bond,
                              const control::KeyValues& options) {
  auto found = find(netns, bond);
  return found ? found->second->set(options) : std::unexpected(found.error());
}

control::Result<std::vector<std::string>> Daemon::enslave(control::NamespaceRef netns,
                                                          const std::string& bond,
                                                          const std::vector<std::string>& interfaces) {
  auto found = find(netns, bond);
  if (!found) return std::unexpected(found.error());
  return found->second->enslave(interfaces);
}

control::Result<> Daemon::release(control::NamespaceRef netns, const std::string& bond,
                                  const std::vector<std::string>& interfaces) {
  auto found = find(netns, bond);
  return found ? found->second->release(interfaces) : std::unexpected(found.error());
}

control::Result<> Daemon::set_slave(control::NamespaceRef netns, const std::string& interface,
                                    const control::KeyValues& options) {
  auto site = find_site(netns);
  if (!site) return std::unexpected(site.error());
  if (*site != nullptr) {
    auto link = (*site)->network->netlink.link(interface);
    for (const auto& bond : (*site)->bonds) {
      if (link && bond->has_slave(link->ifindex)) return bond->set_slave(link->ifindex, options);
    }
  }
  return refuse(Kind::no_such_interface,
                fmt::format("{} is not a slave of any bond in this network namespace", interface));
}

control::Result<std::vector<core::BondReport>> Daemon::show(control::NamespaceRef netns,
                                                            const std::string& name) {
  std::vector<core::BondReport> views;
  if (!name.empty()) {
    auto found = find(netns, name);
    if (!found) return std::unexpected(found.error());
    views.push_back(found->second->view());
    return views;
  }
  auto site = find_site(netns);
  if (!site) return std::unexpected(site.error());
  if (*site != nullptr) {
    for (const auto& bond : (*site)->bonds) views.push_back(bond->view());
  }
  return views;
}

core::CheckReport Daemon::check() {
  return os::probe_features();
}

// Events

std::shared_ptr<void> Daemon::subscribe(control::NamespaceRef netns, EventSink sink) {
  auto where = borrow(netns);
  if (!where) return nullptr;
  const auto place = subscriptions_.insert(subscriptions_.end(), {where->id(), std::move(sink)});
  return {nullptr, [this, place](std::nullptr_t) { subscriptions_.erase(place); }};
}

void Daemon::publish(os::NamespaceId where, const core::StampedEvent& event) {
  for (const auto& subscription : subscriptions_) {
    if (subscription.where == where) subscription.sink(event);
  }
}

}  // namespace ebond::daemon
