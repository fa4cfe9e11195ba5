// Any bytes as systemd-networkd's files, the first with a drop-in: bonds, or problems with their places.
#include "config/formats/networkd.h"
#include "tests/fuzz/any_configuration.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ebond::config;
  std::vector<NetworkdUnit> units;
  for (auto& file : ebond::fuzz::files_of(data, size, "10-bond0.netdev")) {
    if (file.name.ends_with(".conf") && !units.empty()) {
      units.back().drop_ins.push_back(std::move(file));
    } else {
      units.push_back({std::move(file), {}});
    }
  }
  ebond::fuzz::check_configuration(parse_networkd(units, {}));
  return 0;
}
