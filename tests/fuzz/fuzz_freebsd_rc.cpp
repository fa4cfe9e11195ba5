// Any bytes as FreeBSD's rc.conf: bonds, or problems with their places.
#include "config/formats/freebsd_rc.h"
#include "tests/fuzz/any_configuration.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ebond::fuzz::check_configuration(
      ebond::config::parse_freebsd_rc(ebond::fuzz::files_of(data, size, "rc.conf"), {}));
  return 0;
}
