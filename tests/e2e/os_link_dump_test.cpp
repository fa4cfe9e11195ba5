// All links of a namespace by one question, beside ethtool's own for each.
#include <gmock/gmock.h>

#include <map>

#include "lab/eventually.h"
#include "os/ethtool.h"
#include "os/link_dump.h"
#include "os/rtnetlink.h"
#include "tests/e2e/os_namespace.h"

namespace ebond::os {
namespace {

TEST(LinkDump, TellsOfEveryLinkWhatEthtoolTellsOfIt) {
  const auto home = testing::fresh_namespace();
  auto net = testing::must(Rtnetlink::open(home));
  const auto ethtool = testing::must(Ethtool::open(home));
  auto dump = testing::must(LinkDump::open(home));
  for (const auto* name : {"a", "b", "c"}) {
    testing::must(net.create_veth({.name = name, .peer_name = std::string(name) + "far"}));
  }
  const auto set_up = [&](const std::string& name, bool up) {
    testing::must(net.set_up(testing::must(net.link(name)).ifindex, up));
  };
  const auto told = [&] {
    std::map<std::string, bool> links;
    for (const auto& link : testing::must(dump.read()))
      links[testing::must(net.link(link.ifindex)).name] = link.up;
    return links;
  };
  for (const auto* name : {"a", "afar", "b"}) set_up(name, true);
  ASSERT_TRUE(lab::eventually([&] { return told()["a"]; }, std::chrono::seconds(5)));
  const auto before = told();
  EXPECT_GE(before.size(), 7U) << "with the loopback";
  for (const auto& [name, up] : before) EXPECT_EQ(up, testing::must(ethtool.link_up(name))) << name;
  EXPECT_FALSE(before.at("b")) << "its far end is down";
  set_up("afar", false);
  EXPECT_FALSE(told().at("a")) << "at once";
}

}  // namespace
}  // namespace ebond::os
