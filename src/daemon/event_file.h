// The file in which events outlive the daemon: a line for each, as JSON, after a first line that tells whose
// boot they are of. Read and written elsewhere than on the loop, which never waits for it.
//
// Used by History, which decides what stands in it. KernelEventFile is the real one; tests put one of their
// own in its place.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/event_shelf.h"
#include "os/error.h"

namespace ebond::daemon {

struct EventFileText {
  std::vector<core::PlacedEvent> events;
  std::size_t broken_lines = 0;  ///< that are no events: a daemon was killed in the middle of one, or worse
  bool is_of_another_boot = false;
};

class EventFile {
 public:
  virtual ~EventFile() = default;
  /// What stands there, once; nothing if there is no such file. Answers on the loop, later.
  virtual void read(std::function<void(const os::Result<EventFileText>&)> answer) = 0;
  /// Puts one at the end. False: too much is still to be written, and this is not.
  virtual bool append(const core::PlacedEvent& event) = 0;
  /// Has these stand there and nothing else.
  virtual void replace(std::vector<core::PlacedEvent> events) = 0;
  /// Calls it on the loop when something could not be written, and whenever replace() has been done.
  virtual void hear(std::function<void(const os::Result<>&)> written) = 0;
};

// The text. One line is never longer than that, whatever an event says.
inline constexpr std::size_t kMaxEventLine = 131072;
std::string event_file_header(std::string_view boot_id);
std::string event_file_line(const core::PlacedEvent& event);
EventFileText parse_event_file(std::string_view text, std::string_view boot_id);

}  // namespace ebond::daemon
