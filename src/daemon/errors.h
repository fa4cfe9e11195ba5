// From what core and the kernel refuse to what a caller is told.
#pragma once

#include "control/service.h"
#include "core/refusal.h"
#include "os/error.h"

namespace ebond::daemon {

control::Error to_control(const core::Refusal& refusal);
control::Error to_control(const os::Error& error);

inline std::unexpected<control::Error> refuse(const core::Refusal& refusal) {
  return std::unexpected(to_control(refusal));
}
inline std::unexpected<control::Error> refuse(const os::Error& error) {
  return std::unexpected(to_control(error));
}
/// A command that would change what a crash could not undo.
std::unexpected<control::Error> refuse_unsaved(const std::string& bond, const os::Error& error);
inline std::unexpected<control::Error> refuse(control::Error::Kind kind, std::string message) {
  return std::unexpected(control::Error{kind, std::move(message)});
}

}  // namespace ebond::daemon
