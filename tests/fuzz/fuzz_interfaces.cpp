// Any bytes as Debian's interfaces and what it sources: bonds, or problems with their places.
#include "config/formats/interfaces.h"
#include "tests/fuzz/any_configuration.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ebond::config;
  const auto files = ebond::fuzz::files_of(data, size, "interfaces");
  const auto others = [&](const std::string&) {
    return std::vector<TextFile>(files.begin() + 1, files.end());
  };
  ebond::fuzz::check_configuration(parse_interfaces(files.front(), {others, others}, {}));
  return 0;
}
