// A network namespace of a bond's own, under a name of `ip netns`.
//
// Made as `ip netns add` makes one, so that `ip netns exec NAME …` enters it, and kept by its name: whoever
// made it may die. Used by the daemon for bonds that have their slaves away.
#pragma once

#include <string>

#include "os/error.h"
#include "os/netns.h"

namespace ebond::os {

/// EEXIST if the name is taken. EPERM if the name would be this process's alone, and end with it. Its
/// loopback device bears the alias before it has the name, so that one that has the name can be told from
/// another's.
Result<Namespace> make_named_namespace(const std::string& name, const std::string& loopback_alias);
/// Once more, if somebody took its name away: then true. EEXIST if another one has it.
Result<bool> name_again(const Namespace& where, const std::string& name);
/// The kernel ends it as soon as nothing else holds it. No error if it has the name no longer.
Result<> take_name_off(const Namespace& where, const std::string& name);
/// Removes a name that no namespace stands behind, as is left of one that was only half made. Any other
/// stays.
Result<> remove_dead_name(const std::string& name);

}  // namespace ebond::os
