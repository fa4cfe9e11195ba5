// What must not outlive the lab: its named namespaces, the processes it started, the directories it made.
// Kept in a fixed table that a signal handler may read, so that Ctrl-C leaves nothing behind either.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace ebond::lab {

/// Names of the lab's namespaces: this, the pid of the process that made them, the node's own name.
inline constexpr std::string_view kNamespacePrefix = "eblab-";
/// The same of directories: this, the pid, and what makes it unique.
inline constexpr std::string_view kRunDirectoryPrefix = "eblab-run-";

/// "eblab-4711-client". At most 64 namespaces and 64 processes at a time, names up to 63 characters.
std::string namespace_name(std::string_view node);

void remember_namespace(std::string_view name);
void forget_namespace(std::string_view name);
void remember_process(pid_t pid);
void forget_process(pid_t pid);

/// A directory that goes with all that is in it. At most 16 at a time, paths up to 127 characters.
void remember_directory(const std::filesystem::path& path);
void forget_directory(const std::filesystem::path& path);

/// With what a daemon in it kept by mounts.
void remove_run_directory(const std::filesystem::path& directory);
/// Removes the namespaces of labs whose process has ended. Returns how many.
int sweep_namespaces();
/// The same for directories in `parent` whose name holds "eblab-run-PID-".
void sweep_directories(const std::filesystem::path& parent);

}  // namespace ebond::lab
