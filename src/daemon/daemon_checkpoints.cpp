// Daemon's ways back: what bonds are like before a change, and how they become that again.
#include <fmt/format.h>

#include <cerrno>

#include "daemon/daemon.h"
#include "daemon/errors.h"

namespace ebond::daemon {

namespace {
using Kind = control::Error::Kind;
}  // namespace

control::Result<> Daemon::checkpoint(control::NamespaceRef netns, const std::vector<std::string>& bonds,
                                     std::chrono::seconds within) {
  constexpr std::chrono::hours kMost{24};
  if (within < std::chrono::seconds(1) || within > kMost) {
    return refuse(Kind::bad_option, fmt::format("{} s is not a time to confirm within: 1 s to {} s",
                                                within.count(), std::chrono::seconds(kMost).count()));
  }
  // Kept open: the bonds that are to come need it.
  auto site = sites_.of(netns);
  if (!site) return refuse(site.error());
  auto& hands = *(*site)->hands;
  Checkpoint checkpoint{.where = hands.where(),
                        .namespace_cookie = hands.namespace_cookie(),
                        .boot_id = host_.boot_id,
                        .deadline = machine_.now() + within};
  const auto look = [&]() -> control::Result<> {
    for (const auto& name : bonds) {
      auto* bond = (*site)->find(name);
      if (bond == nullptr) {
        if (const auto* why = orphans_.why(hands.where(), name)) {
          return refuse(Kind::system, fmt::format("{} could not be taken over: {}", name, *why));
        }
        checkpoint.absent.push_back(name);
        continue;
      }
      auto snapshot = bond->snapshot();
      if (!snapshot) return std::unexpected(snapshot.error());
      checkpoint.bonds.push_back(*std::move(snapshot));
    }
    return checkpoints_.begin(std::move(checkpoint));
  };
  auto done = look();
  sites_.close_empty();
  return done;
}

control::Result<> Daemon::confirm(control::NamespaceRef netns) {
  const auto where = machine_.identify(netns);
  return where ? checkpoints_.confirm(*where) : refuse(where.error());
}

control::Result<> Daemon::roll_back(control::NamespaceRef netns) {
  const auto where = machine_.identify(netns);
  return where ? checkpoints_.roll_back(*where) : refuse(where.error());
}

os::Result<> Daemon::go_back(const Checkpoint& checkpoint) {
  auto* site = sites_.find(checkpoint.where);
  const auto cookie = site == nullptr ? 0 : site->hands->namespace_cookie();
  const bool is_another =
      cookie != 0 && checkpoint.namespace_cookie != 0 && cookie != checkpoint.namespace_cookie;
  if (is_another) return {};
  os::Result<> first_failure;
  const auto note = [&](const std::string& bond, const control::Result<>& done) {
    if (done || !first_failure) return;
    first_failure =
        os::errno_error(fmt::format("cannot bring {} back: {}", bond, done.error().message), EAGAIN);
  };
  // The new ones first: they may have what the others had.
  for (const auto& name : checkpoint.absent) {
    auto* bond = site == nullptr ? nullptr : site->find(name);
    if (bond == nullptr) continue;
    const auto done = bond->destroy();
    note(name, done);
    if (done) sites_.remove(bond);
  }
  for (const auto& before : checkpoint.bonds) {
    auto* bond = site == nullptr ? nullptr : site->find(before.name);
    if (bond == nullptr) continue;  // deleted meanwhile: there is nothing to be gone back with
    control::Result<> done;
    bond->guard([&] { done = bond->go_back_to(before); });
    note(before.name, done);
  }
  sites_.close_empty();
  return first_failure;
}

}  // namespace ebond::daemon
