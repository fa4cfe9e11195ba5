// Text that others chose, for people's terminals and logs: the kernel lets nearly any byte into an
// interface's name, and a terminal obeys some of them.
#pragma once

#include <string>
#include <string_view>

namespace ebond::core {

/// Control characters (but for newline and tab) and bytes that are not UTF-8 as "\x1b"; all else as it is.
std::string printable(std::string_view text);

}  // namespace ebond::core
