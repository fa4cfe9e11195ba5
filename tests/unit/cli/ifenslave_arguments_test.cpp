#include "cli/ifenslave_arguments.h"

#include <gmock/gmock.h>

namespace ebond::cli {
namespace {

using Action = IfenslaveArguments::Action;
using testing::ElementsAre;
using testing::HasSubstr;

IfenslaveArguments ifenslave_parsed(std::vector<std::string> words) {
  const auto arguments = parse_ifenslave_arguments(std::move(words));
  if (arguments) return *arguments;
  ADD_FAILURE() << arguments.error().text;
  return {};
}

int exit_code(std::vector<std::string> words) {
  const auto arguments = parse_ifenslave_arguments(std::move(words));
  return arguments ? -1 : arguments.error().exit_code;
}

TEST(IfenslaveArguments, EnslaveInTheOrderGiven) {
  const auto arguments = ifenslave_parsed({"bond0", "eth1", "eth0"});
  EXPECT_EQ(arguments.action, Action::enslave);
  EXPECT_EQ(arguments.master, "bond0");
  EXPECT_THAT(arguments.slaves, ElementsAre("eth1", "eth0"));
}

TEST(IfenslaveArguments, ReadEachActionInShortAndLongForm) {
  for (const auto* option : {"-d", "--detach"}) {
    EXPECT_EQ(ifenslave_parsed({option, "bond0", "eth0", "eth1"}).action, Action::detach);
  }
  for (const auto* option : {"-c", "--change-active"}) {
    EXPECT_EQ(ifenslave_parsed({option, "bond0", "eth1"}).action, Action::change_active);
  }
  for (const auto* option : {"-f", "--force"}) {
    EXPECT_EQ(ifenslave_parsed({option, "bond0", "eth1"}).action, Action::enslave);
  }
  for (const auto* option : {"-a", "--all-interfaces"}) {
    EXPECT_EQ(ifenslave_parsed({option}).action, Action::show_all);
  }
  EXPECT_TRUE(ifenslave_parsed({"-v", "bond0", "eth0"}).verbose);
}

TEST(IfenslaveArguments, TakeOptionsBehindTheNames) {
  const auto arguments = ifenslave_parsed({"bond0", "eth0", "-d"});
  EXPECT_EQ(arguments.action, Action::detach);
  EXPECT_THAT(arguments.slaves, ElementsAre("eth0"));
}

TEST(IfenslaveArguments, ShowTheMasterWhereNoSlaveIsNamed) {
  EXPECT_EQ(ifenslave_parsed({"bond0"}).action, Action::show);
}

TEST(IfenslaveArguments, AreAUsageErrorWhereTheClassicToolSaysSo) {
  for (const auto& words : std::vector<std::vector<std::string>>{{},
                                                                 {"-d", "bond0"},
                                                                 {"-c", "bond0"},
                                                                 {"-c", "-d", "bond0", "eth0"},
                                                                 {"-a", "bond0"},
                                                                 {"-x", "bond0", "eth0"}}) {
    EXPECT_EQ(exit_code(words), kUsage);
  }
}

TEST(IfenslaveArguments, AnswerHelpUsageAndVersion) {
  for (const auto* option : {"-h", "-u", "-V", "--help", "--usage", "--version"}) {
    EXPECT_EQ(exit_code({option}), kDone) << option;
  }
}

}  // namespace
}  // namespace ebond::cli
