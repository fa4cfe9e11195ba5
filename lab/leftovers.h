// What must not outlive the lab: its named namespaces and the processes it started. Kept in a fixed table
// that a signal handler may read, so that Ctrl-C leaves nothing behind either.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace ebond::lab {

/// Names of the lab's namespaces: this, the pid of the process that made them, the node's own name.
inline constexpr std::string_view kNamespacePrefix = "eblab-";

/// "eblab-4711-client". At most 64 namespaces and 64 processes at a time, names up to 63 characters.
std::string namespace_name(std::string_view node);

void remember_namespace(std::string_view name);
void forget_namespace(std::string_view name);
void remember_process(pid_t pid);
void forget_process(pid_t pid);

/// Removes the namespaces of labs whose process is no more. Returns how many.
int sweep_namespaces();

}  // namespace ebond::lab
