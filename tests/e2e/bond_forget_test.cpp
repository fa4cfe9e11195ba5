// Bonds that a daemon cannot take over as they are, with real devices and programs.
#include <filesystem>
#include <fstream>

#include "tests/e2e/bond_lab.h"

namespace ebond::lab {
namespace {

using testing::HasSubstr;

class Forget : public OneSwitch {
 protected:
  void SetUp() override {
    OneSwitch::SetUp();
    before_ = look(server, "eth1");
    bond({"mode", "active-backup"});
  }
  std::string before_;
  std::filesystem::path state_file() {
    for (const auto& entry : std::filesystem::directory_iterator(ebond.run_dir() / "state")) {
      if (entry.path().extension() == ".json") return entry.path();
    }
    return {};
  }
  void remove_pins() {
    for (const auto& entry : std::filesystem::directory_iterator(ebond.pin_dir())) {
      if (entry.is_directory()) std::filesystem::remove_all(entry.path());
    }
  }
};

TEST_F(Forget, IsNotNeededWhereOnlyPinsAreLost) {
  ebond.kill(SIGKILL);
  remove_pins();
  ebond.start();
  ASSERT_EQ(show(server).size(), 1U);
  EXPECT_EQ(show(server)[0]["verdict"], "ok");
  EXPECT_TRUE(pings(client, "192.0.2.1"));
  left.pull();
  EXPECT_TRUE(eventually([&] { return active_is(server, "eth1"); }));
  EXPECT_TRUE(pings(client, "192.0.2.1"));
  ebond.must_run(server, {"del", "bond0"});
  EXPECT_EQ(look(server, "eth1"), before_);
}

TEST_F(Forget, EndsABondWhoseStateIsUnreadable) {
  ebond.kill(SIGKILL);
  std::ofstream(state_file()) << "{";
  ebond.start();
  EXPECT_THAT(ebond.must_run(server, {"show"}), HasSubstr("bond0  FAILED"));
  EXPECT_TRUE(pings(client, "192.0.2.1")) << "what is there goes on";
  EXPECT_EQ(ebond.run(server, {"del", "bond0"}).exit_code, 1);
  const auto done = ebond.run(server, {"forget", "--force", "bond0"});
  EXPECT_EQ(done.exit_code, 0) << done.output;
  EXPECT_THAT(done.output, HasSubstr("warning: what addresses and routes eth1 had"));
  EXPECT_TRUE(show(server).empty());
  EXPECT_NE(server.run({"ip", "link", "show", "dev", "bond0"}).exit_code, 0);
  EXPECT_EQ(server.must_run({"tc", "filter", "show", "dev", "eth1", "ingress"}), "");
  EXPECT_TRUE(state_file().empty());
}

}  // namespace
}  // namespace ebond::lab
