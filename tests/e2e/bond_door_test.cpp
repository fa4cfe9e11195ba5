// Who may change which bonds, with the real programs: root of the host, root of a container, users, and uid 0
// without the capability. Containers are made with unshare(1) and have nothing but namespaces.
#include "tests/e2e/bond_lab.h"

namespace ebond::lab {
namespace {

using testing::HasSubstr;
using testing::Not;

const Arguments kAsNobody = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
const Arguments kRootOfNothing = {"setpriv", "--bounding-set=-all", "--inh-caps=-all"};
const Arguments kInAContainer = {"setpriv",        "--reuid=65534", "--regid=65534",
                                 "--clear-groups", "unshare",       "-Urn"};

class Door : public WithEbond {
 protected:
  Host& server = lab.host("server");

  void SetUp() override { ebond.must_run(server, {"add", "bond0", "mode", "active-backup"}); }

  /// `ebond ARGUMENTS`, in the server's network namespace unless `who` leaves it.
  CommandResult run_as(Arguments who, const Arguments& arguments) {
    who.insert(who.end(), {EBOND_BUILD_DIR "/ebond", "--run-dir", ebond.run_dir().string()});
    who.insert(who.end(), arguments.begin(), arguments.end());
    return server.run(who);
  }
};

TEST_F(Door, LetsUsersLookAndChangeNothing) {
  EXPECT_THAT(run_as(kAsNobody, {"show"}).output, HasSubstr("bond0"));
  const auto refused = run_as(kAsNobody, {"del", "bond0"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, HasSubstr("only root of a network namespace may change its bonds"));
  EXPECT_EQ(show(server).size(), 1u);
}

TEST_F(Door, TakesUidZeroWithoutTheCapabilityForNobody) {
  EXPECT_THAT(run_as(kRootOfNothing, {"show"}).output, HasSubstr("bond0"));
  const auto refused = run_as(kRootOfNothing, {"set", "bond0", "miimon", "50"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, HasSubstr("does not have CAP_NET_ADMIN"));
  EXPECT_EQ(run_as({}, {"set", "bond0", "miimon", "50"}).exit_code, 0);
}

TEST_F(Door, LetsRootOfAContainerManageItsOwnBondsAndNoneOfTheHosts) {
  auto container = kInAContainer;
  container.insert(container.end(),
                   {"sh", "-ec", R"(
    ebond="$1 --run-dir $2"
    ip link add eth0 type veth peer name port0
    $ebond add bond0 mode active-backup miimon 50
    $ebond enslave bond0 eth0
    $ebond show | sed 's/^/own: /'
    $ebond -n "$3" show | sed 's/^/host: /'
    $ebond -n "$3" del bond0 2>&1 && exit 9
    $ebond del bond0
    $ebond show | sed 's/^/after: /')",
                    "sh", EBOND_BUILD_DIR "/ebond", ebond.run_dir().string(), server.netns_name()});
  const auto done = server.run(container);
  EXPECT_EQ(done.exit_code, 0) << done.output;
  EXPECT_THAT(done.output, HasSubstr("own:   eth0"));
  EXPECT_THAT(done.output, HasSubstr("host: bond0"));
  EXPECT_THAT(done.output, Not(HasSubstr("host:   eth0"))) << "it was shown its own";
  EXPECT_THAT(done.output, HasSubstr("only root of a network namespace may change its bonds"));
  EXPECT_THAT(done.output, HasSubstr("after: no bonds here"));
  EXPECT_EQ(show(server).size(), 1u);
}

TEST_F(Door, LetsRootOfAUserNamespaceAloneChangeNothingOfTheHosts) {
  auto user = kAsNobody;
  user.insert(user.end(), {"unshare", "-Ur"});
  const auto refused = run_as(user, {"del", "bond0"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, HasSubstr("does not have CAP_NET_ADMIN"));
  EXPECT_EQ(show(server).size(), 1u);
}

TEST_F(Door, LetsRootWorkInAnotherNamespaceByItsName) {
  auto& client = lab.host("client");
  EXPECT_EQ(ebond.run(client, {"-n", server.netns_name(), "del", "bond0"}).exit_code, 0);
  EXPECT_EQ(show(server).size(), 0u);
}

TEST_F(Door, ChecksTheKernelWithoutADaemonAndWithTheCallersOwnRights) {
  ebond.kill(SIGTERM);
  EXPECT_EQ(run_as({}, {"check"}).exit_code, 0);
  const auto by_nobody = run_as(kAsNobody, {"check"});
  EXPECT_EQ(by_nobody.exit_code, 1);
  EXPECT_THAT(by_nobody.output, HasSubstr("not permitted"));
}

TEST_F(Door, ShowsTheKernelsViewWhileTheDaemonHangs) {
  const Arguments ip = {"env", "EBOND_RUN_DIR=" + ebond.run_dir().string(), EBOND_BUILD_DIR "/compat/ip",
                        "-br", "link"};
  EXPECT_THAT(server.must_run(ip), Not(HasSubstr("warning")));
  ::kill(ebond.pid(), SIGSTOP);
  auto impatient = ip;
  impatient.insert(impatient.begin(), {"timeout", "20"});
  const auto shown = server.run(impatient);
  ::kill(ebond.pid(), SIGCONT);
  EXPECT_EQ(shown.exit_code, 0) << shown.output;
  EXPECT_THAT(shown.output, HasSubstr("bond0"));
  EXPECT_THAT(shown.output, HasSubstr("warning: ebondd does not answer"));
}

}  // namespace
}  // namespace ebond::lab
