#include "config/formats.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>

#include "config/toml.h"
#include "config/toml_writer.h"
#include "tests/unit/config/expected_bonds.h"
#include "tests/unit/config/sysconfig_tree.h"

namespace ebond::config {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;

const fs::path kFormatFolders = EBOND_SOURCE_DIR "/tests/unit/config/data/formats";

struct Folder {
  std::string format;
  std::string name;
  fs::path path() const { return kFormatFolders / format / name; }
};

std::ostream& operator<<(std::ostream& out, const Folder& folder) {
  return out << folder.format << "/" << folder.name;
}

std::vector<Folder> all_folders() {
  std::vector<Folder> folders;
  for (const auto& format : fs::directory_iterator(kFormatFolders)) {
    if (!format.is_directory()) continue;
    for (const auto& folder : fs::directory_iterator(format)) {
      folders.push_back({format.path().filename().string(), folder.path().filename().string()});
    }
  }
  std::ranges::sort(folders, {}, [](const Folder& folder) { return std::pair{folder.format, folder.name}; });
  return folders;
}

std::string test_name(const testing::TestParamInfo<Folder>& info) {
  auto name = info.param.format + "_" + info.param.name;
  std::ranges::replace_if(name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

Result<Configuration> read_folder(const Folder& folder) {
  return read_format(parse_format(folder.format).value(), folder.path());
}

class FormatFolder : public testing::TestWithParam<Folder> {};

TEST_P(FormatFolder, YieldsWhatIsExpectedOfIt) {
  const auto expected = nlohmann::json::parse(std::ifstream(GetParam().path() / "expected.json"));
  EXPECT_THAT(test::differences(expected, read_folder(GetParam()), GetParam().path()), IsEmpty())
      << expected.at("shows");
}

TEST_P(FormatFolder, GivesTheSameBondsByWayOfToml) {
  const auto read = read_folder(GetParam());
  if (!read) return;  // refused, as the other test proves it must be
  const auto text = to_toml(read->bonds);
  const auto again = parse_toml(text, "bonds.toml");
  ASSERT_TRUE(again) << again.error().to_string() << "\n" << text;
  ASSERT_EQ(again->bonds.size(), read->bonds.size()) << text;
  for (std::size_t i = 0; i < read->bonds.size(); ++i) {
    EXPECT_EQ(to_toml({again->bonds[i]}), to_toml({read->bonds[i]}));
    EXPECT_TRUE(again->bonds[i] == read->bonds[i]) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(All, FormatFolder, testing::ValuesIn(all_folders()), test_name);

TEST(FormatFolders, AreAllThere) {
  EXPECT_EQ(all_folders().size(), 60U);
  for (const auto& name : format_names()) EXPECT_TRUE(fs::is_directory(kFormatFolders / name)) << name;
}

TEST(Formats, AreKnownByNameAlone) {
  EXPECT_EQ(parse_format("netplan"), Format::netplan);
  EXPECT_EQ(parse_format("Netplan"), std::nullopt);
  EXPECT_EQ(parse_format(""), std::nullopt);
}

TEST(Formats, AMachinesFilesAreLookedForBelowItsRoot) {
  test::SysconfigTree machine;
  machine.file("etc/network/interfaces", "source /etc/network/interfaces.d/*\n");
  machine.file("etc/network/interfaces.d/bond", "auto bond0\niface bond0 inet manual\n bond-slaves eth0\n");
  machine.file("lib/netplan/10.yaml", "network: {bonds: {bond1: {parameters: {mode: 802.3ad}}}}\n");
  machine.file("etc/netplan/10.yaml", "network: {bonds: {bond1: {parameters: {mode: broadcast}}}}\n");
  machine.file("etc/sysconfig/network-scripts/ifcfg-bond2", "DEVICE=bond2\nBONDING_OPTS=mode=1\n");
  machine.file("etc/modprobe.d/bonding.conf", "options bonding miimon=70\n");
  const auto only = [&](Format format) {
    const auto read = read_machine(format, machine.root());
    if (!read) throw std::runtime_error(read.error().to_string());
    EXPECT_EQ(read->bonds.size(), 1U);
    return read->bonds.at(0);
  };
  EXPECT_EQ(only(Format::interfaces).name, "bond0") << "a path with a slash in front begins at the root";
  EXPECT_THAT(only(Format::netplan).options, testing::ElementsAre(testing::Pair("mode", "broadcast")));
  EXPECT_THAT(only(Format::ifcfg).options,
              testing::ElementsAre(testing::Pair("miimon", "70"), testing::Pair("mode", "1")));
}

TEST(Formats, TheFolderAboveTheFormatsOwnIsAsGood) {
  test::SysconfigTree tree;
  tree.file("system-connections/b.nmconnection", "[connection]\ntype=bond\ninterface-name=bond0\n");
  const auto read = read_format(Format::keyfile, tree.root());
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->bonds.size(), 1U);
}

TEST(Formats, APlaceThatIsNotThereIsAnErrorThatNamesIt) {
  for (const auto& name : format_names()) {
    const auto read = read_format(*parse_format(name), "/nonexistent/place");
    ASSERT_FALSE(read) << name;
    EXPECT_THAT(read.error().to_string(), testing::StartsWith("/nonexistent/place")) << name;
    EXPECT_THAT(read.error().to_string(), testing::HasSubstr("No such file")) << name;
  }
}

}  // namespace
}  // namespace ebond::config
