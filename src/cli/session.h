// A program's conversation with its user and the daemon: where it says what, and how it ends.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.h"
#include "control/client.h"

namespace ebond::cli {

/// What `ebond` calls itself in its messages.
inline constexpr std::string_view kProgram = "ebond";

/// "ebond: MESSAGE" on stderr.
void complain(std::string_view program, std::string_view message);
void print(std::string_view text);

/// A connected client, or the exit code after the reason was told. `netns` empty: the caller's own.
std::expected<control::Client, int> connect(std::string_view program, const std::filesystem::path& run_dir,
                                            const std::string& netns);

/// The same, in the caller's own namespace; if no daemon runs, root gets one started.
std::expected<control::Client, int> connect_or_start(std::string_view program,
                                                     const std::filesystem::path& run_dir);

/// kDone; or tells the error and returns kRefused, or kNoDaemon where it does not answer.
template <class T>
int conclude(std::string_view program, const control::Result<T>& result) {
  if (result) return kDone;
  complain(program, result.error().message);
  return result.error().kind == control::Error::Kind::no_answer ? kNoDaemon : kRefused;
}

/// The same of `ebond`'s commands that may succeed with warnings, which it tells.
int conclude_with_warnings(const control::Result<std::vector<std::string>>& warnings);

}  // namespace ebond::cli
