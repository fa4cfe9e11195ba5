// Any bytes as SUSE's ifcfg and ifroute files: bonds, or problems with their places.
#include "config/formats/suse.h"
#include "tests/fuzz/any_configuration.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ebond::fuzz::check_configuration(
      ebond::config::parse_suse(ebond::fuzz::files_of(data, size, "ifcfg-bond0"), {}));
  return 0;
}
