#include "cli/ip/refusal.h"

#include <cerrno>

namespace ebond::cli::ip {
namespace {

int errno_of(control::Error::Kind kind) {
  using Kind = control::Error::Kind;
  switch (kind) {
    case Kind::no_such_bond:
    case Kind::no_such_interface:
      return ENODEV;
    case Kind::bad_option:
      return EINVAL;
    case Kind::conflict:
      return EBUSY;
    case Kind::not_now:
      return EACCES;
    case Kind::unsupported:
      return EOPNOTSUPP;
    case Kind::permission:
      return EPERM;
    case Kind::system:
      return EIO;
    case Kind::no_answer:
      return ETIMEDOUT;
  }
  return EIO;
}

}  // namespace

KernelError kernel_error(const control::Error& error) {
  // Who may not is told so in the kernel's own words.
  if (error.kind == control::Error::Kind::permission) return {-EPERM, {}};
  return {-errno_of(error.kind), error.message};
}

}  // namespace ebond::cli::ip
