// Starts an ebondd if none runs, for the tools people's scripts call without knowing of daemons.
#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <string>

namespace ebond::cli {

/// The directory this program is in.
std::filesystem::path program_directory();

/// In that directory, in the one above it, or on PATH.
std::optional<std::filesystem::path> find_daemon(
    const std::filesystem::path& directory = program_directory());

/// Starts it in a session of its own, logging to DIR/ebondd.log, and waits until its socket answers. It runs
/// in process 1's namespaces if those are reachable: one daemon serves all, and what it pins must outlive
/// an `ip netns exec`. The error is a sentence.
std::expected<void, std::string> start_daemon(const std::filesystem::path& daemon,
                                              const std::filesystem::path& run_dir);

}  // namespace ebond::cli
