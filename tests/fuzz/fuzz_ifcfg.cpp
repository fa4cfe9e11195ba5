// Any bytes as an ifcfg file: what is taken of it is read as a bond's, what is not is said with its place.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/ifcfg.h"

namespace {

using namespace ebond::config;

void check(const Problem& problem) {
  if (problem.message.empty() || problem.where.file.empty()) std::abort();
}

template <class T>
void check(const Result<T>& result) {
  if (!result) check(result.error());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = IfcfgFile::parse({reinterpret_cast<const char*>(data), size}, "ifcfg-bond0", "bond0");
  if (file.fault()) check(*file.fault());
  Notes notes = file.notes();
  BondConfig bond;
  check(read_addresses(file, notes));
  check(read_gateways(file, notes));
  check(read_link_settings(file, bond, notes));
  (void)file.flag("ONBOOT", true, notes);
  note_keys_not_understood(file, notes);
  for (const auto& note : notes) check(note);
  (void)file.base_device();
  return 0;
}
