// Beside the bond, on its slaves: filters and qdiscs of others, and what they do to ours.
#include <csignal>
#include <regex>

#include "tests/e2e/bond_lab.h"

namespace ebond::lab {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

class BesideFilters : public OneSwitch {
 protected:
  std::string lower_half() {
    const auto link = nlohmann::json::parse(server.must_run({"ip", "-j", "link", "show", "dev", "bond0"}));
    return link.at(0).at("link").get<std::string>();
  }
  bool is_heard() {
    server.run({"ip", "neigh", "flush", "all"});
    return pings(server, "192.0.2.2");
  }
  std::string filters(const std::string& interface) {
    return server.run({"tc", "filter", "show", "dev", interface, "ingress"}).output;
  }
  void add_filter(const std::string& interface, const std::string& priority, const Arguments& action) {
    server.run({"tc", "qdisc", "add", "dev", interface, "clsact"});
    Arguments words{"tc",       "filter", "add", "dev",   interface, "ingress", "prio", priority,
                    "protocol", "ip",     "u32", "match", "u32",     "0",       "0",    "action"};
    words.insert(words.end(), action.begin(), action.end());
    server.must_run(words);
  }
};

TEST_F(BesideFilters, AQdiscThatIsTakenAwayIsPutBack) {
  bond({"mode", "active-backup", "miimon", "100", "bond0_device", "veth"});
  ASSERT_TRUE(is_heard());
  for (const auto& interface : {std::string("eth0"), std::string("eth1"), lower_half()}) {
    server.must_run({"tc", "qdisc", "del", "dev", interface, "clsact"});
    EXPECT_TRUE(eventually([&] { return filters(interface).find("ebond_") != std::string::npos; }, 1000ms))
        << interface;
  }
  EXPECT_TRUE(is_heard());
  EXPECT_THAT(ebond.log(), HasSubstr("put back"));
}

TEST_F(BesideFilters, ADaemonThatComesLaterPutsBackWhatWasTakenAwayMeanwhile) {
  bond({"mode", "active-backup", "miimon", "100", "bond0_device", "veth"});
  ebond.kill(SIGKILL);
  server.must_run({"tc", "qdisc", "del", "dev", "eth0", "clsact"});
  server.must_run({"tc", "qdisc", "del", "dev", lower_half(), "clsact"});
  ebond.start();
  EXPECT_TRUE(is_heard());
}

TEST_F(BesideFilters, AQdiscThatIsTakenAwayCostsNoFrameByTheShortCut) {
  bond({"mode", "active-backup", "miimon", "100"});
  if (!std::regex_search(ebond.run(server, {"check"}).output, std::regex("yes +tcx"))) {
    GTEST_SKIP() << "this kernel has no tcx";
  }
  ASSERT_TRUE(is_heard());
  ebond.kill(SIGKILL);
  server.must_run({"tc", "qdisc", "del", "dev", "eth0", "clsact"});
  EXPECT_TRUE(is_heard()) << "though nobody puts it back";
  add_filter("eth0", "7", {"mirred", "egress", "redirect", "dev", "eth0"});
  EXPECT_NE(server.run({"ping", "-c", "2", "-W", "1", "192.0.2.2"}).exit_code, 0)
      << "a filter is asked though nobody told us of it";
  server.must_run({"tc", "filter", "del", "dev", "eth0", "ingress", "prio", "7"});
  EXPECT_TRUE(is_heard());
  ebond.start();
  EXPECT_TRUE(is_heard());
  EXPECT_THAT(filters("eth0"), HasSubstr("ebond_"));
  ebond.must_run(server, {"release", "bond0", "eth0"});
  EXPECT_THAT(filters("eth0"), Not(HasSubstr("ebond_")));
}

TEST_F(BesideFilters, FramesGoOnBesideAFilterThatMirrorsThem) {
  server.must_run({"ip", "link", "add", "tap", "up", "type", "veth", "peer", "name", "tap-end"});
  add_filter("eth0", "1", {"mirred", "egress", "mirror", "dev", "tap"});
  bond({"mode", "active-backup", "miimon", "100"});
  EXPECT_TRUE(is_heard());
  add_filter("eth0", "5", {"mirred", "egress", "mirror", "dev", "tap"});
  add_filter("eth1", "5", {"mirred", "egress", "mirror", "dev", "tap"});
  EXPECT_TRUE(is_heard());
  ebond.must_run(server, {"release", "bond0", "eth0"});
  EXPECT_THAT(filters("eth0"), HasSubstr("pref 5"));
  EXPECT_THAT(filters("eth0"), Not(HasSubstr("ebond_")));
}

TEST_F(BesideFilters, AnInterfaceOfAnotherDaemonsBondIsRefusedAndNothingOfItIsTouched) {
  bond({"mode", "active-backup", "miimon", "100"});
  ASSERT_TRUE(is_heard());
  const Ebond other{EBOND_BUILD_DIR};
  other.must_run(server, {"add", "bond1", "mode", "active-backup"});
  for (const auto& interface : {std::string("eth0"), lower_half(), std::string("bond0")}) {
    const auto before = filters(interface);
    const auto refused = other.run(server, {"enslave", "bond1", interface});
    EXPECT_NE(refused.exit_code, 0) << interface;
    EXPECT_THAT(refused.output, HasSubstr(interface == "bond0" ? "is a bond of another daemon"
                                                               : "carries a program of another bond"));
    EXPECT_EQ(filters(interface), before);
  }
  EXPECT_TRUE(is_heard());
  other.must_run(server, {"del", "bond1"});
}

}  // namespace
}  // namespace ebond::lab
