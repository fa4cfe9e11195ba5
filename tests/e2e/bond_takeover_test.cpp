// Two bonds of one daemon when the next one takes them over: what happens to the one must not touch the
// other.
#include "tests/e2e/bond_lab.h"

namespace ebond::lab {
namespace {

//   one eth0, eth1 --- sw --- eth0 client
//   two eth0, eth1 --- sw
class TwoBonds : public WithEbond {
 protected:
  Host& one = lab.host("one");
  Host& two = lab.host("two");
  Host& client = lab.host("client");
  Switch& sw = lab.switch_("sw");

  void SetUp() override {
    lab.cable(client, "eth0", sw);
    client.add_address("eth0", "192.0.2.3/24");
    for (auto* host : {&one, &two}) {
      for (const auto* card : {"eth0", "eth1"}) lab.cable(*host, card, sw);
    }
  }
  void plug_in_again(Host& host) { again_.push_back(&lab.cable(host, "eth1", sw)); }
  std::vector<Cable*> again_;
};

// Whichever bond is taken over first: the life of the slave that it gets back is not that of the other's
// slave.
TEST_F(TwoBonds, ASlaveThatComesBackWithTheNextDaemonIsNotTakenForAnotherBonds) {
  for (auto* host : {&one, &two}) ebond.must_run(*host, {"add", "bond0", "mode", "active-backup"});
  ebond.must_run(one, {"enslave", "bond0", "eth0"});
  ebond.must_run(two, {"enslave", "bond0", "eth0"});
  ebond.must_run(two, {"enslave", "bond0", "eth1"});
  ebond.must_run(one, {"enslave", "bond0", "eth1"});
  one.add_address("bond0", "192.0.2.1/24");
  two.add_address("bond0", "192.0.2.2/24");
  for (auto* host : {&one, &two}) {
    host->set_up("bond0");
    host->must_run({"ip", "link", "del", "eth1"});
    EXPECT_TRUE(eventually([&] { return !proc_says(*host, "Slave Interface: eth1"); }));
  }
  Stream of_one(one, client, "192.0.2.3", {.frames_per_second = 500});
  Stream of_two(two, client, "192.0.2.3", {.frames_per_second = 500, .port = 7001});
  ebond.kill(SIGKILL);
  for (auto* host : {&one, &two}) plug_in_again(*host);
  ebond.start();
  for (auto* host : {&one, &two}) EXPECT_TRUE(eventually([&] { return link_is(*host, "eth1", "up"); }));

  for (auto* cable : again_) cable->pull();
  for (auto* host : {&one, &two}) EXPECT_TRUE(eventually([&] { return link_is(*host, "eth1", "down"); }));
  of_one.wait_for_sent(200);
  of_two.wait_for_sent(200);
  EXPECT_EQ(of_one.stop().lost, 0U);
  EXPECT_EQ(of_two.stop().lost, 0U);
}

}  // namespace
}  // namespace ebond::lab
