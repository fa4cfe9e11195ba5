#include "config/formats/interfaces.h"

#include <gmock/gmock.h>

namespace ebond::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

const SourceLines kNoSources{[](const std::string&) { return std::vector<TextFile>(); },
                             [](const std::string&) { return std::vector<TextFile>(); }};

Configuration interfaces_of(const std::string& text, const SourceLines& sources = kNoSources) {
  auto read = parse_interfaces({"interfaces", "interfaces", text}, sources, {});
  if (!read) throw std::runtime_error(read.error().to_string());
  return *std::move(read);
}

std::string notes_of(const Configuration& configuration) {
  std::string text;
  for (const auto& note : configuration.notes) text += note.to_string() + "\n";
  return text;
}

TEST(Interfaces, ASlavesStanzaIsNoBondWhateverOptionsItRepeats) {
  const auto read = interfaces_of(
      "iface bond0 inet manual\n bond-mode 1\n"
      "iface eth0 inet manual\n bond-master bond0\n bond-primary eth0 eth1\n bond-mode 6\n"
      "iface eth1 inet manual\n bond-master bond0\n");
  ASSERT_EQ(read.bonds.size(), 1U);
  EXPECT_EQ(read.bonds[0].slaves.size(), 2U);
  EXPECT_THAT(read.bonds[0].options, ElementsAre(Pair("mode", "1"), Pair("primary", "eth0")));
  EXPECT_THAT(notes_of(read), HasSubstr("interfaces:6: bond-mode 6: counts in the bond's own stanza alone"));
}

TEST(Interfaces, QueueIdsAreTheSlaves) {
  const auto read =
      interfaces_of("iface bond0 inet manual\n bond-slaves eth0 eth1\n bond-queue-id eth1:2 eth7:1\n");
  EXPECT_THAT(read.bonds.at(0).slaves[1].options, ElementsAre(Pair("queue_id", "2")));
  EXPECT_THAT(notes_of(read), HasSubstr("\"eth7:1\" is not a slave with a number"));
}

TEST(Interfaces, AllAndRangesAreNames) {
  EXPECT_EQ(interfaces_of("iface b inet manual\n bond-slaves all\n").bonds.at(0).slaves.at(0).match.name,
            "eth*");
  std::vector<std::string> names;
  const auto read = interfaces_of("iface b\n bond-slaves glob swp[1-2,7] eth0\n");
  for (const auto& slave : read.bonds.at(0).slaves) names.push_back(slave.name);
  EXPECT_THAT(names, ElementsAre("swp1", "swp2", "swp7", "eth0"));
}

TEST(Interfaces, TellsOfAVlansMtuThatIsNone) {
  const auto read = interfaces_of(
      "iface bond0 inet manual\n bond-slaves eth0\niface bond0.7 inet manual\n vlan-raw-device bond0\n mtu "
      "7\n");
  EXPECT_FALSE(read.bonds.at(0).vlans.at(0).mtu);
  EXPECT_THAT(notes_of(read), HasSubstr("interfaces:5: mtu 7: is not an MTU"));
}

TEST(Interfaces, LinesThatAreContinuedAreOneWithTheFirstsNumber) {
  const auto read =
      interfaces_of("iface bond0 inet manual\n bond-slaves eth0 \\\n# between\n   eth1\n bond-x 1\n");
  EXPECT_EQ(read.bonds.at(0).slaves.size(), 2U);
  EXPECT_THAT(notes_of(read), HasSubstr("interfaces:5: there is no option \"bond-x\""));
}

TEST(Interfaces, AFileThatSourcesItselfComesToAnEnd) {
  const TextFile file{"interfaces", "interfaces", "source a\nsource a\n"};
  const auto again = [&](const std::string&) { return std::vector<TextFile>{file}; };
  EXPECT_THAT(notes_of(interfaces_of(file.text, {again, again})), HasSubstr("is sourced by itself"));
}

TEST(Interfaces, ABondComesUpAtBootIfItOrASlaveOfItsDoes) {
  const std::string bond =
      "iface bond0 inet manual\n bond-mode 1\niface eth0 inet manual\n bond-master bond0\n";
  EXPECT_FALSE(interfaces_of(bond).bonds.at(0).onboot);
  EXPECT_TRUE(interfaces_of("auto bond0\n" + bond).bonds.at(0).onboot);
  EXPECT_TRUE(interfaces_of("allow-hotplug eth0\n" + bond).bonds.at(0).onboot);
}

}  // namespace
}  // namespace ebond::config
