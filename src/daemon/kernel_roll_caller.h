// The RollCaller that ebondd runs with: loads its program when it is first called, and says once if the
// kernel refuses it.
#pragma once

#include <optional>

#include "daemon/link_poller.h"
#include "os/roll_call.h"

namespace ebond::daemon {

class KernelRollCaller : public RollCaller {
 public:
  os::Result<std::shared_ptr<const os::Roll>> call(
      const std::shared_ptr<const os::DeviceList>& devices) override;

 private:
  std::optional<os::RollCall> roll_call_;
};

}  // namespace ebond::daemon
