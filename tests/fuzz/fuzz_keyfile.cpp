// Any bytes as NetworkManager's keyfiles: bonds, or problems with their places.
#include "config/formats/keyfile.h"
#include "tests/fuzz/any_configuration.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ebond::fuzz::check_configuration(
      ebond::config::parse_keyfiles(ebond::fuzz::files_of(data, size, "bond0.nmconnection"), {}));
  return 0;
}
