// Any bytes as a bond's state file: refused with a reason, or a bond that can be written and read again to
// the same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "daemon/bond/store.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ebond::daemon;
  const auto bond = from_text({reinterpret_cast<const char*>(data), size}, "state.json");
  if (!bond) {
    if (bond.error().message().empty()) std::abort();
    return 0;
  }
  const auto text = to_text(*bond);
  const auto again = from_text(text, "state.json");
  if (!again || to_text(*again) != text) std::abort();
  return 0;
}
