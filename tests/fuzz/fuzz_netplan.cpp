// Any bytes as netplan's YAML: bonds, or problems with their places.
#include "config/formats/netplan.h"
#include "tests/fuzz/any_configuration.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ebond::fuzz::check_configuration(
      ebond::config::parse_netplan(ebond::fuzz::files_of(data, size, "50.yaml"), {}));
  return 0;
}
