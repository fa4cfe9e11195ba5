#include "cli/ip/command_line.h"

#include <gmock/gmock.h>

#include <set>

#include "core/options/option_table.h"

namespace ebond::cli::ip {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using Words = std::vector<std::string>;

TEST(IpCommandLine, IsAboutLinksWhereTheObjectIsLinkAddressOrStatsHoweverShort) {
  for (const Words& words :
       {Words{"link"}, Words{"l"}, Words{"li", "sh"}, Words{"a"}, Words{"addr", "show"}, Words{"address"},
        Words{"-d", "-j", "link", "show"}, Words{"-n", "web", "link"}, Words{"-netns", "link", "link"},
        Words{"-4", "addr"}, Words{"-br", "-c=never", "a"}, Words{"-details", "--json", "l"},
        Words{"-f", "inet", "addr"}, Words{"-s", "-s", "link"}, Words{"--", "link"}, Words{"stats", "show"},
        Words{"st"}}) {
    EXPECT_TRUE(plan(words).about_links) << testing::PrintToString(words);
  }
}

TEST(IpCommandLine, LeavesEverythingElseToTheRealIpAlone) {
  for (const Words& words :
       {Words{}, Words{"route"}, Words{"r"}, Words{"addrlabel"}, Words{"neigh", "show"}, Words{"monitor"},
        Words{"netns", "exec", "web", "ip", "link"}, Words{"-n", "link", "route"}, Words{"-V"},
        Words{"-all", "netns", "exec", "ip", "link"}, Words{"-f", "link", "route"}, Words{"maddr"},
        Words{"-rc", "link", "route"}, Words{"links"}, Words{"-n"}, Words{"s"}, Words{"sr", "tunsrc"}}) {
    EXPECT_FALSE(plan(words).about_links) << testing::PrintToString(words);
    EXPECT_EQ(plan(words).arguments, words);
  }
}

TEST(IpCommandLine, IsAboutLinksWhereAFileOfCommandsIsGiven) {
  EXPECT_TRUE(plan({"-batch", "lines"}).about_links);
  EXPECT_TRUE(plan({"-force", "-b", "-"}).about_links);
  EXPECT_FALSE(plan({"-br", "route"}).about_links);
}

TEST(IpCommandLine, TakesOutWhatIproute2HasNoWordFor) {
  const auto made = plan({"link", "add", "bond0", "type", "bond", "mode", "balance-xor", "tx_table",
                          "resilient", "miimon", "50", "coupled_control", "off"});
  EXPECT_THAT(made.arguments,
              ElementsAre("link", "add", "bond0", "type", "bond", "mode", "balance-xor", "miimon", "50"));
  EXPECT_THAT(made.own_options, ElementsAre(Pair("tx_table", "resilient"), Pair("coupled_control", "off")));
  const auto slave = plan({"link", "set", "eth0", "type", "bond_slave", "actor_port_prio", "5", "prio", "1"});
  EXPECT_THAT(slave.arguments, ElementsAre("link", "set", "eth0", "type", "bond_slave", "prio", "1"));
  EXPECT_THAT(slave.own_options, ElementsAre(Pair("actor_port_prio", "5")));
}

TEST(IpCommandLine, TakesOutAModeThatIproute2HasNotAndNoOther) {
  const auto made = plan({"link", "add", "bond0", "type", "bond", "mode", "balance-slb", "miimon", "50"});
  EXPECT_THAT(made.arguments, ElementsAre("link", "add", "bond0", "type", "bond", "miimon", "50"));
  EXPECT_THAT(made.own_options, ElementsAre(Pair("mode", "balance-slb")));
  EXPECT_THAT(plan({"link", "add", "bond0", "type", "bond", "mode", "balance-xor"}).own_options, IsEmpty());
}

TEST(IpCommandLine, KnowsAKeyFromAValueOfTheSameName) {
  const Words interface = {"link", "set", "bond0", "type", "bond", "clear_active_slave", "primary", "weight"};
  EXPECT_EQ(plan(interface).arguments, interface);
  EXPECT_THAT(plan(interface).own_options, IsEmpty());
  const Words no_value = {"link", "set", "bond0", "type", "bond", "weight"};
  EXPECT_EQ(plan(no_value).arguments, no_value);
  const Words elsewhere = {"link", "set", "weight", "mtu", "1400"};
  EXPECT_EQ(plan(elsewhere).arguments, elsewhere);
}

TEST(IpCommandLine, TakesOutEveryOptionOfEbondsOwn) {
  const auto beyond = options_beyond_iproute2();
  const std::set<std::string_view> names(beyond.begin(), beyond.end());
  for (const auto& option : core::option_table()) {
    EXPECT_TRUE(!option.own || names.contains(option.name)) << option.name;
  }
}

}  // namespace
}  // namespace ebond::cli::ip
