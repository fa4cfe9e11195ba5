// Which network devices run with carrier, those of many namespaces at one stroke: a program of ours
// (bpf/roll.bpf.c) reads the bits that the bonding driver polls. It waits for no lock, and costs a small part
// of an ETHTOOL_GLINK for each.
//
// Used by the daemon's LinkPoller, off its loop. What a NIC's driver finds out only when it is asked, it does
// not know; whoever needs that asks ethtool.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "core/types.h"
#include "os/error.h"

namespace ebond::os {

/// A device of some network namespace.
struct DeviceAnywhere {
  std::uint64_t namespace_inode = 0;
  core::IfIndex ifindex{};
  auto operator<=>(const DeviceAnywhere&) const = default;
};
using DeviceList = std::set<DeviceAnywhere>;

/// What one call answered.
class Roll {
 public:
  using Answers = std::map<DeviceAnywhere, bool>;
  explicit Roll(const Answers& up);

  /// None if it was not there, or not asked.
  std::optional<bool> is_up(const DeviceAnywhere& device) const;

 private:
  std::vector<std::pair<DeviceAnywhere, bool>> answers_;  ///< sorted
};

class RollCall {
 public:
  /// With room for these, more is made as it is needed. An error if this kernel cannot do it: it takes Linux
  /// 5.17, its type information, and leave to read kernel memory.
  static Result<RollCall> open(const DeviceList& devices);
  RollCall(RollCall&&) noexcept;
  RollCall& operator=(RollCall&&) noexcept;
  ~RollCall();

  /// The same object as the last time if nothing is otherwise. Of the same list, it is fast: it is known
  /// again by its address.
  Result<std::shared_ptr<const Roll>> call(const std::shared_ptr<const DeviceList>& devices);

 private:
  struct Parts;
  explicit RollCall(std::unique_ptr<Parts> parts);
  static Result<std::unique_ptr<Parts>> load(std::size_t namespaces, std::size_t devices);
  Result<> list(const DeviceList& devices);
  std::shared_ptr<const Roll> answers() const;

  std::unique_ptr<Parts> parts_;
};

}  // namespace ebond::os
