// Any bytes as an ifcfg file: what is taken of it is read as a bond's, what is not is said with its place.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/ifcfg.h"

namespace {

using namespace ebond::config;

template <class T>
void check(const Result<T>& result) {
  if (!result && (result.error().message.empty() || result.error().where.file.empty())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = IfcfgFile::parse({reinterpret_cast<const char*>(data), size}, "ifcfg-bond0", "bond0");
  check(file);
  if (!file) return 0;
  std::vector<std::string> notes;
  BondConfig bond;
  check(read_addresses(*file, notes));
  check(read_gateways(*file));
  check(read_link_settings(*file, bond));
  check(file->flag("ONBOOT", true));
  (void)file->base_device();
  return 0;
}
