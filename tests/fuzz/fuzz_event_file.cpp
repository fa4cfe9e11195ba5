// Any bytes as the file of events: what of it are events can be written and read again to the same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "daemon/event_file.h"

namespace {

std::string text_of(const ebond::daemon::EventFileText& file) {
  std::string text = ebond::daemon::event_file_header("a boot");
  for (const auto& event : file.events) text += ebond::daemon::event_file_line(event);
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ebond::daemon;
  const auto first = parse_event_file({reinterpret_cast<const char*>(data), size}, "a boot");
  const auto text = text_of(first);
  const auto again = parse_event_file(text, "a boot");
  if (again.broken_lines != 0 || again.is_of_another_boot || text_of(again) != text) std::abort();
  return 0;
}
