// Which of the words that would have been accepted was probably meant: for "did you mean …?".
// Used by what refuses an unknown name: an option of a command, a key of a file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ebond::core {

/// The accepted word nearest to `word` ("primery" → "primary"); "" if none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& accepted);

}  // namespace ebond::core
