#include "daemon/kernel_roll_caller.h"

#include <spdlog/spdlog.h>

namespace ebond::daemon {

os::Result<std::shared_ptr<const os::Roll>> KernelRollCaller::call(
    const std::shared_ptr<const os::DeviceList>& devices) {
  const auto attempt = [&]() -> os::Result<std::shared_ptr<const os::Roll>> {
    if (!roll_call_) {
      auto opened = os::RollCall::open(*devices);
      if (!opened) return std::unexpected(opened.error());
      roll_call_.emplace(std::move(*opened));
    }
    return roll_call_->call(devices);
  };
  auto roll = attempt();
  if (!roll) {
    spdlog::info("links are polled through ethtool, namespace by namespace: {}", roll.error().message());
    roll_call_.reset();
  }
  return roll;
}

}  // namespace ebond::daemon
