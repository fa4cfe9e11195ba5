#include "cli/arguments.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>

namespace ebond::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

Arguments parsed(std::vector<std::string> words) {
  const auto arguments = parse_arguments(std::move(words));
  if (!arguments) {
    ADD_FAILURE() << arguments.error().text;
    return {};
  }
  return *arguments;
}

Answer refused(std::vector<std::string> words) {
  const auto arguments = parse_arguments(std::move(words));
  if (!arguments) return arguments.error();
  ADD_FAILURE() << "was accepted";
  return {};
}

TEST(EbondArguments, ReadOptionsAsPairsInTheirOrder) {
  const auto arguments = parsed({"add", "bond0", "mode", "active-backup", "miimon", "100"});
  EXPECT_EQ(arguments.command, Command::add);
  EXPECT_EQ(arguments.bond, "bond0");
  EXPECT_THAT(arguments.options, ElementsAre(Pair("mode", "active-backup"), Pair("miimon", "100")));
}

TEST(EbondArguments, AddTakesTheInterfaceToAdoptBeforeOrBehindOptions) {
  for (const auto& words :
       {std::vector<std::string>{"add", "bond0", "--adopt", "eth0", "mode", "active-backup", "--force"},
        {"add", "bond0", "mode", "active-backup", "--force", "--adopt", "eth0"}}) {
    const auto arguments = parsed(words);
    EXPECT_EQ(arguments.adopt, "eth0");
    EXPECT_TRUE(arguments.force);
    EXPECT_THAT(arguments.options, ElementsAre(Pair("mode", "active-backup")));
  }
  EXPECT_THAT(refused({"add", "bond0", "--force"}).text, HasSubstr("--force goes with --adopt"));
}

TEST(EbondArguments, ApplyTakesATimeToConfirmWithin) {
  EXPECT_EQ(parsed({"apply", "--confirm", "60", "f.toml"}).confirm, std::chrono::seconds(60));
  EXPECT_EQ(parsed({"apply", "f.toml"}).confirm, std::chrono::seconds(0));
  EXPECT_TRUE(parsed({"apply", "--dry-run", "f.toml"}).dry_run);
  for (const auto* wrong : {"0", "soon", "60s", "86401", "99999999999"}) {
    EXPECT_THAT(refused({"apply", "--confirm", wrong, "f.toml"}).text,
                HasSubstr("a whole number of seconds from 1 to 86400"));
  }
  EXPECT_EQ(refused({"apply", "--dry-run", "--confirm", "60", "f.toml"}).exit_code, kUsage);
  EXPECT_EQ(parsed({"confirm"}).command, Command::confirm);
  EXPECT_TRUE(parsed({"confirm", "--undo"}).undo);
}

TEST(EbondArguments, TakeTheNamespaceOfANewInterfaceOutOfItsOptions) {
  const auto arguments = parsed({"add", "bond0", "mode", "1", "netns", "web", "miimon", "100"});
  EXPECT_EQ(arguments.upper_netns, "web");
  EXPECT_THAT(arguments.options, ElementsAre(Pair("mode", "1"), Pair("miimon", "100")));
  const auto set = parsed({"set", "bond0", "netns", "web"});
  EXPECT_EQ(set.upper_netns, "");
  EXPECT_THAT(set.options, ElementsAre(Pair("netns", "web")));  // which the daemon refuses by its name
  EXPECT_THAT(refused({"add", "bond0", "--adopt", "eth0", "netns", "web"}).text,
              HasSubstr("does not go with"));
}

TEST(EbondArguments, SayThatSlavesAreToBeAway) {
  EXPECT_THAT(parsed({"add", "bond0", "slaves", "away", "mode", "1"}).options,
              ElementsAre(Pair("slaves_away", "on"), Pair("mode", "1")));
  EXPECT_THAT(parsed({"add", "bond0", "slaves", "here"}).options, ElementsAre(Pair("slaves_away", "off")));
  EXPECT_THAT(parsed({"add", "bond0", "slaves", "2"}).options, ElementsAre(Pair("slaves", "2")));
  for (const auto& [key, value] : {std::pair("slaves", "away"), std::pair("slaves_away", "1")}) {
    EXPECT_THAT(refused({"add", "bond0", key, value, "netns", "web"}).text,
                HasSubstr("netns does not go with slaves away"));
  }
  EXPECT_EQ(parsed({"add", "bond0", "slaves", "here", "netns", "web"}).upper_netns, "web");
}

TEST(EbondArguments, EventsTakeATimeToBeginWith) {
  EXPECT_FALSE(parsed({"events"}).since_ns);
  EXPECT_TRUE(parsed({"events"}).follow);
  const auto ten_minutes = parsed({"events", "--since", "10m"});
  EXPECT_TRUE(ten_minutes.follow);
  EXPECT_GE(*parsed({"events", "--since", "-10m", "-j"}).since_ns, *ten_minutes.since_ns);
  EXPECT_EQ(parsed({"events", "--since", "2026-01-02T12:03:04Z"}).since_ns, 1'767'355'384'000'000'000);
  EXPECT_FALSE(parsed({"events", "--no-follow"}).follow);
  EXPECT_EQ(parsed({"events", "--no-follow"}).since_ns, 0);
  EXPECT_THAT(refused({"events", "--since", "yesterday"}).text,
              HasSubstr("--since 'yesterday' is not a time: say how long ago"));
}

TEST(EbondArguments, TakeGlobalOptionsBeforeOrBehindTheCommand) {
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"--run-dir", "/tmp/x", "-n", "web", "-j", "show", "bond0"},
                                             {"show", "bond0", "--run-dir", "/tmp/x", "-n", "web", "-j"},
                                             {"-j", "show", "-n", "web", "bond0", "--run-dir=/tmp/x"}}) {
    const auto arguments = parsed(words);
    EXPECT_EQ(arguments.command, Command::show);
    EXPECT_EQ(arguments.bond, "bond0");
    EXPECT_EQ(arguments.run_dir, "/tmp/x");
    EXPECT_EQ(arguments.netns, "web");
    EXPECT_TRUE(arguments.json);
  }
}

TEST(EbondArguments, FindTheRunDirectoryInTheEnvironmentUnlessNamed) {
  ::setenv("EBOND_RUN_DIR", "/tmp/from-environment", 1);
  EXPECT_EQ(parsed({"show"}).run_dir, "/tmp/from-environment");
  EXPECT_EQ(parsed({"show", "--run-dir", "/tmp/named"}).run_dir, "/tmp/named");
  ::unsetenv("EBOND_RUN_DIR");
  EXPECT_EQ(parsed({"show"}).run_dir, "/run/ebond");
}

TEST(EbondArguments, CallAnOptionWithoutAValueAUsageError) {
  const auto answer = refused({"add", "bond0", "mode", "1", "miimon"});
  EXPECT_EQ(answer.exit_code, kUsage);
  EXPECT_THAT(answer.text, HasSubstr("miimon has no value"));
}

TEST(EbondArguments, TakeForgetOnlyWithForce) {
  const auto answer = refused({"forget", "bond0"});
  EXPECT_EQ(answer.exit_code, kUsage);
  EXPECT_THAT(answer.text, HasSubstr("needs --force"));
  EXPECT_EQ(parsed({"forget", "--force", "bond0"}).command, Command::forget);
  EXPECT_EQ(parsed({"forget", "bond0", "--force"}).bond, "bond0");
}

TEST(EbondArguments, TakeANegativeNumberForAValue) {
  const auto arguments = parsed({"set-slave", "eth0", "prio", "-5"});
  EXPECT_THAT(arguments.interfaces, ElementsAre("eth0"));
  EXPECT_THAT(arguments.options, ElementsAre(Pair("prio", "-5")));
}

TEST(EbondArguments, KeepSlavesInOrder) {
  const auto arguments = parsed({"enslave", "bond0", "eth1", "eth0", "eth2"});
  EXPECT_THAT(arguments.interfaces, ElementsAre("eth1", "eth0", "eth2"));
}

TEST(EbondArguments, TakeABondNamedAsACommand) {
  EXPECT_EQ(parsed({"del", "add"}).bond, "add");
  EXPECT_THAT(parsed({"enslave", "show", "up", "down"}).interfaces, ElementsAre("up", "down"));
}

TEST(EbondArguments, ReadFromTheSystemsOwnPlacesUnlessToldOtherwise) {
  EXPECT_EQ(parsed({"up"}).sysconfig, "/etc/sysconfig");
  const auto arguments = parsed({"up", "--sysconfig", "/tmp/etc", "bond0"});
  EXPECT_EQ(arguments.sysconfig, "/tmp/etc");
  EXPECT_EQ(arguments.bond, "bond0");
  EXPECT_EQ(parsed({"apply", "bonds.toml"}).file, "bonds.toml");
  EXPECT_EQ(parsed({"up"}).format, std::nullopt);
  const auto from = parsed({"up", "--from", "netplan", "--root", "/srv/image", "bond0"});
  EXPECT_EQ(from.format, config::Format::netplan);
  EXPECT_EQ(from.root, "/srv/image");
  EXPECT_EQ(parsed({"down", "--from", "keyfile"}).root, "/");
  const auto import = parsed({"import", "freebsd-rc", "/etc/rc.conf"});
  EXPECT_EQ(import.command, Command::import);
  EXPECT_EQ(import.format, config::Format::freebsd_rc);
  EXPECT_EQ(import.file, "/etc/rc.conf");
}

TEST(EbondArguments, ReadProcWithTheBondOnEitherSide) {
  EXPECT_EQ(parsed({"show", "--proc", "bond0"}).bond, "bond0");
  const auto arguments = parsed({"show", "bond0", "--proc"});
  EXPECT_EQ(arguments.bond, "bond0");
  EXPECT_TRUE(arguments.proc);
}

TEST(EbondArguments, RefuseWhatMakesNoSense) {
  for (const auto& words :
       std::vector<std::vector<std::string>>{{},
                                             {"explode"},
                                             {"add"},
                                             {"set", "bond0"},
                                             {"enslave", "bond0"},
                                             {"show", "--proc"},
                                             {"-j", "show", "--proc", "bond0"},
                                             {"show", "bond0", "bond1"},
                                             {"apply"},
                                             {"import", "netplan"},
                                             {"import", "plannet", "/etc/netplan"},
                                             {"up", "--root", "/srv"},
                                             {"up", "--from", "ifcfg", "--sysconfig", "/etc"},
                                             {"show", "--nonsense"},
                                             {"--run-dir"}}) {
    const auto answer = refused(words);
    EXPECT_EQ(answer.exit_code, kUsage);
    EXPECT_THAT(answer.text, testing::StartsWith("ebond: "));
  }
}

TEST(EbondArguments, AnswerHelpAndVersion) {
  EXPECT_EQ(refused({"--help"}).exit_code, kDone);
  EXPECT_THAT(refused({"--help"}).text, HasSubstr("set-slave"));
  EXPECT_THAT(refused({"up", "--help"}).text, HasSubstr("--sysconfig"));
  EXPECT_EQ(refused({"--version"}).exit_code, kDone);
  EXPECT_THAT(refused({"--version"}).text, testing::StartsWith("ebond "));
}

TEST(EbondArguments, ExplainOptionsAndCommandsAndGuessWhatWasMeant) {
  EXPECT_THAT(refused({"help", "miimon"}).text, testing::StartsWith("miimon\n"));
  EXPECT_THAT(refused({"help", "enslave"}).text, HasSubstr("--wait"));
  EXPECT_THAT(refused({"help"}).text, HasSubstr("queue_id"));
  EXPECT_EQ(refused({"help"}).exit_code, kDone);
  EXPECT_EQ(refused({"help", "primery"}).exit_code, kUsage);
  EXPECT_THAT(refused({"help", "primery"}).text, HasSubstr("did you mean primary?"));
}

TEST(EbondArguments, WatchIsForPeople) {
  EXPECT_EQ(parse_arguments({"watch", "bond1"})->bond, "bond1");
  EXPECT_EQ(refused({"-j", "watch"}).exit_code, kUsage);
}

TEST(EbondArguments, TakeAFlowInOneWordOrInMany) {
  EXPECT_THAT(parse_arguments({"flow", "tcp 192.0.2.1:1 > 192.0.2.2:2"})->words,
              ElementsAre("tcp 192.0.2.1:1 > 192.0.2.2:2"));
  const auto many = parse_arguments({"flow", "--bond", "bond1", "udp", "192.0.2.1:1", ">", "192.0.2.2:2"});
  EXPECT_THAT(many->words, ElementsAre("udp", "192.0.2.1:1", ">", "192.0.2.2:2"));
  EXPECT_EQ(many->bond, "bond1");
  EXPECT_THAT(parse_arguments({"flow", "-"})->words, ElementsAre("-"));
  EXPECT_EQ(refused({"flow"}).exit_code, kUsage);
}

TEST(EbondArguments, BoundWhatBalanceLooksAt) {
  const auto told = parse_arguments({"balance", "bond0", "--seconds", "60", "--frames", "10"});
  EXPECT_EQ(told->seconds, std::chrono::seconds(60));
  EXPECT_EQ(told->frames, 10U);
  for (const auto* wrong : {"0", "3601", "1.5", "x"}) {
    EXPECT_EQ(refused({"balance", "--seconds", wrong}).exit_code, kUsage) << wrong;
  }
  EXPECT_EQ(refused({"balance", "--frames", "1000001"}).exit_code, kUsage);
}

TEST(EbondArguments, DescribeThemselvesForCompletions) {
  const auto line = describe_command_line();
  const auto command = [&](const std::string& name) {
    return *std::ranges::find(line.commands, name, &CommandWords::name);
  };
  EXPECT_THAT(command("add").operands, ElementsAre("BOND", "OPTIONS"));
  EXPECT_THAT(command("enslave").operands, ElementsAre("BOND", "IF"));
  const auto netns = std::ranges::find(line.ebond.flags, "NETNS", &FlagWords::value);
  ASSERT_NE(netns, line.ebond.flags.end());
  EXPECT_THAT(netns->names, ElementsAre("--netns", "-n"));
  const auto show = command("show");
  const auto proc = std::ranges::find(show.flags, std::vector<std::string>{"--proc"}, &FlagWords::names);
  ASSERT_NE(proc, show.flags.end());
  EXPECT_THAT(proc->value, IsEmpty());
}

}  // namespace
}  // namespace ebond::cli
