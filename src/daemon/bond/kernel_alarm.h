// The Alarm that ebondd runs with.
#pragma once

#include <asio/io_context.hpp>
#include <memory>

#include "daemon/bond/alarm.h"

namespace ebond::daemon {

std::unique_ptr<Alarm> make_kernel_alarm(asio::io_context& loop);

}  // namespace ebond::daemon
