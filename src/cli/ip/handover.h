// What our ip hands to the library it puts into the real one, through the environment, and which is gone from
// there before anything else is started: a child of the real ip (`netns exec`) has no use for it.
#pragma once

#include <filesystem>

#include "control/service.h"

namespace ebond::cli::ip {

/// In our ip, right before the real one takes its place: `library` in front of LD_PRELOAD, and ebond's own
/// options.
void hand_over(const std::filesystem::path& library, const control::KeyValues& own_options);

/// In the real ip: LD_PRELOAD as it was.
void restore_environment();
control::KeyValues take_own_options();

}  // namespace ebond::cli::ip
