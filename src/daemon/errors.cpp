#include "daemon/errors.h"

#include <fmt/format.h>

namespace ebond::daemon {

namespace {

control::Error::Kind kind_of(core::Refusal::Kind kind) {
  using From = core::Refusal::Kind;
  using To = control::Error::Kind;
  switch (kind) {
    case From::unknown_option:
    case From::bad_value:
    case From::not_in_mode:
      return To::bad_option;
    case From::not_now:
      return To::not_now;
    case From::no_such_slave:
      return To::no_such_interface;
    case From::conflict:
      return To::conflict;
  }
  return To::system;
}

control::Error::Kind kind_of(int errno_value) {
  using To = control::Error::Kind;
  switch (errno_value) {
    case ENODEV:
      return To::no_such_interface;
    case EEXIST:
    case EBUSY:
      return To::conflict;
    case ENOSYS:
    case EOPNOTSUPP:
      return To::unsupported;
    case EPERM:
    case EACCES:
      return To::permission;
    default:
      return To::system;
  }
}

}  // namespace

control::Error to_control(const core::Refusal& refusal) {
  return {kind_of(refusal.kind), refusal.message, refusal.option};
}

control::Error to_control(const os::Error& error) {
  return {kind_of(error.errno_value), error.message()};
}

std::unexpected<control::Error> refuse_unsaved(const std::string& bond, const os::Error& error) {
  return refuse(
      control::Error::Kind::system,
      fmt::format("nothing was changed, because the state of {} cannot be saved: {}", bond, error.message()));
}

}  // namespace ebond::daemon
