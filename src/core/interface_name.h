// What the kernel takes for the name of an interface. Used wherever a name is given before the interface is
// there: by commands, config formats and options.
#pragma once

#include <string>
#include <string_view>

namespace ebond::core {

/// "" if `name` can name an interface, else why not, as a sentence: 1 to 15 bytes, no blank, '/', ':' or '%',
/// not "." or "..". ('%' is the kernel's place for a number in a name it is to make up.)
std::string interface_name_fault(std::string_view name);
/// The same for one that is named rather than made: by an alternative name too, of up to 127 bytes.
std::string any_interface_name_fault(std::string_view name);

}  // namespace ebond::core
