#include "lab/process_time.h"

#include <unistd.h>

#include <sstream>
#include <string>

#include "lab/must.h"
#include "os/file.h"

namespace ebond::lab {

double processor_seconds(pid_t process) {
  // proc(5): the name, field 2, ends at the last bracket; utime and stime are fields 14 and 15.
  const auto text = must(os::read_file("/proc/" + std::to_string(process) + "/stat"));
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace ebond::lab
