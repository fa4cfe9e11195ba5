// Any bytes as teamd's JSON: bonds, or problems with their places.
#include "config/formats/teamd.h"
#include "tests/fuzz/any_configuration.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ebond::fuzz::check_configuration(
      ebond::config::parse_teamd(ebond::fuzz::files_of(data, size, "team0.conf"), {}));
  return 0;
}
