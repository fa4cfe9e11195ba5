// Any bytes as nmstate's YAML: bonds, or problems with their places.
#include "config/formats/nmstate.h"
#include "tests/fuzz/any_configuration.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ebond::fuzz::check_configuration(
      ebond::config::parse_nmstate(ebond::fuzz::files_of(data, size, "bond.yml"), {}));
  return 0;
}
