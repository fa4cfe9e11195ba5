#include <gmock/gmock.h>

#include <filesystem>
#include <set>

#include "config/sysconfig.h"
#include "config/toml.h"
#include "core/options/option_table.h"

namespace ebond::config {
namespace {

namespace fs = std::filesystem;

const fs::path kExamples = EBOND_SOURCE_DIR "/examples";

core::Mode mode_of(const BondConfig& bond) {
  core::BondOptions options;
  EXPECT_TRUE(core::apply_options(options, bond.options, {}));
  return options.mode;
}

/// Reads one example, which must hold bonds with slaves and addresses, and nothing to remark on. The address
/// of balance-slb is that of the bridge over it.
BondConfig first_bond(const fs::path& example) {
  const auto result =
      fs::is_directory(example) ? read_sysconfig(sysconfig_paths(example)) : read_toml(example);
  if (!result) throw std::runtime_error(result.error().to_string());
  for (const auto& note : result->notes) ADD_FAILURE() << note.to_string();
  for (const auto& bond : result->bonds) {
    EXPECT_GE(bond.slaves.size(), 2U) << example << " " << bond.name;
    EXPECT_EQ(bond.addresses.empty(), mode_of(bond) == core::Mode::balance_slb)
        << example << " " << bond.name;
  }
  return result->bonds.at(0);
}

/// A format, and how many modes it can say: ifcfg files are the driver's.
class Examples : public testing::TestWithParam<std::pair<const char*, unsigned>> {};

TEST_P(Examples, ReadWithoutAComplaintAndCoverEveryMode) {
  std::set<core::Mode> modes;
  for (const auto& entry : fs::directory_iterator(kExamples / GetParam().first)) {
    const auto mode = mode_of(first_bond(entry.path()));
    const auto stem = entry.path().filename().string();
    if (const auto named = core::parse_mode(stem.substr(0, stem.rfind(".toml")))) {
      EXPECT_EQ(mode, *named) << entry.path();
    }
    modes.insert(mode);
  }
  EXPECT_EQ(modes.size(), GetParam().second);
}

INSTANTIATE_TEST_SUITE_P(BothFormats, Examples,
                         testing::Values(std::pair("toml", core::kNumberOfModes), std::pair("sysconfig", 7U)),
                         [](const auto& format) { return std::string(format.param.first); });

TEST(ExamplePairs, SayTheSameInBothFormats) {
  for (const auto& entry : fs::directory_iterator(kExamples / "toml")) {
    const auto directory = kExamples / "sysconfig" / entry.path().stem();
    if (!fs::exists(directory)) continue;
    const auto toml = first_bond(entry.path());
    const auto sysconfig = first_bond(directory);
    EXPECT_EQ(toml.options, sysconfig.options) << directory;
    EXPECT_EQ(toml.slaves, sysconfig.slaves) << directory;
    EXPECT_EQ(toml.addresses, sysconfig.addresses) << directory;
    EXPECT_EQ(toml.gateways, sysconfig.gateways) << directory;
  }
}

}  // namespace
}  // namespace ebond::config
