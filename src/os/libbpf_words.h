// libbpf's chatter, kept for error messages instead of stderr. Private to os/.
#pragma once

#include <expected>
#include <string>

#include "os/error.h"

namespace ebond::os {

/// From here on libbpf's warnings are kept, the latest of them.
void keep_libbpf_words();

/// An unexpected of a libbpf call that failed, with what libbpf said of it.
std::unexpected<Error> libbpf_error(std::string what, int negative_errno);

}  // namespace ebond::os
