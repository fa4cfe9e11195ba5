// What tests of bonds with frames share: a lab with a daemon of its own, and the two networks most of them
// play in. Tests wait for conditions (eventually.h, Stream::wait_for_…) and assert what must hold whatever
// the scheduling: they run on busy machines.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <string>

#include "lab/ebond.h"
#include "lab/eventually.h"
#include "lab/lab.h"
#include "lab/stream.h"

namespace ebond::lab {

class WithEbond : public ::testing::Test {
 protected:
  Lab lab;
  Ebond ebond{EBOND_BUILD_DIR};

  /// bond0 on eth0 and eth1, with an address, and up.
  void make_bond(Host& where, const Arguments& options, const std::string& address) {
    Arguments add{"add", "bond0"};
    add.insert(add.end(), options.begin(), options.end());
    ebond.must_run(where, add);
    ebond.must_run(where, {"enslave", "bond0", "eth0", "eth1"});
    where.add_address("bond0", address);
    where.set_up("bond0");
  }
  nlohmann::json show(const Node& where) {
    return nlohmann::json::parse(ebond.must_run(where, {"-j", "show"}));
  }
  std::string proc(const Node& where) { return ebond.must_run(where, {"show", "--proc", "bond0"}); }
  bool proc_says(const Node& where, const std::string& text) {
    return proc(where).find(text) != std::string::npos;
  }
  bool active_is(const Node& where, const std::string& slave) {
    return proc_says(where, "Currently Active Slave: " + slave + "\n");
  }
  /// As the bond sees it.
  bool link_is(const Node& where, const std::string& slave, const std::string& status) {
    return proc_says(where, "Slave Interface: " + slave + "\nMII Status: " + status + "\n");
  }
  /// What these commands of a shell say, all of which must succeed. What they complain of is not in it: `ip`
  /// does so if a stranger's namespace goes while it looks for names.
  static std::string listen(const Node& where, const std::string& commands) {
    return where.must_run({"sh", "-e", "-c", "exec 2>/dev/null; " + commands});
  }
  /// An interface as `ip` tells of it, without its counters. An IPv6 address is the same one while it is
  /// still being proved unique.
  static std::string look(const Node& where, const std::string& interface) {
    auto text = listen(where, fmt::format("ip -d address show dev {0}; ip route show dev {0}; "
                                          "tc qdisc show dev {0}; tc filter show dev {0} ingress",
                                          interface));
    for (std::size_t at; (at = text.find(" tentative")) != std::string::npos;) text.erase(at, 10);
    return text;
  }
};

//   server eth0 --- p1 sw p3 --- eth0 client
//          eth1 --- p2
class OneSwitch : public WithEbond {
 protected:
  Host& server = lab.host("server");
  Host& client = lab.host("client");
  Switch& sw = lab.switch_("sw");
  Cable& left = lab.cable(server, "eth0", sw);
  Cable& right = lab.cable(server, "eth1", sw);
  Cable& up = lab.cable(client, "eth0", sw);

  void SetUp() override { client.add_address("eth0", "192.0.2.2/24"); }
  void bond(const Arguments& options) { make_bond(server, options, "192.0.2.1/24"); }
  /// Plugged in, known to the bond, and its port of the switch forwards.
  void plug_and_wait(Cable& cable) {
    cable.plug();
    EXPECT_TRUE(eventually(
        [&] { return sw.forwards(cable.far().interface) && link_is(server, cable.near().interface, "up"); }));
  }
  bool pings(const Node& from, const std::string& to) {
    return eventually([&] { return from.run({"ping", "-c", "1", "-W", "1", to}).exit_code == 0; });
  }
  std::string active() {
    const auto slave = show(server).at(0).at("active_slave");
    return slave.is_string() ? slave.get<std::string>() : "";
  }
  /// eth0's cable is pulled while the host where bond0 stands sends: eth1 takes over, and is announced.
  void fails_over_for(const Node& sender) {
    EXPECT_TRUE(pings(client, "192.0.2.1"));
    Stream stream(sender, client, "192.0.2.2", {.frames_per_second = 1000});
    left.pull();
    EXPECT_TRUE(eventually([&] { return active() == "eth1"; }));
    stream.wait_for_arrivals(200);
    EXPECT_LE(stream.stop().lost, 20U);
    EXPECT_TRUE(eventually([&] { return show(server).at(0).at("last_failover").at("announce_us") > 0; }));
    EXPECT_TRUE(pings(client, "192.0.2.1"));
  }
};

//   alpha eth0 ----- eth0 beta
//         eth1 ----- eth1
class TwoCables : public WithEbond {
 protected:
  Host& alpha = lab.host("alpha");
  Host& beta = lab.host("beta");
  Cable& first = lab.cable(alpha, "eth0", beta, "eth0");
  Cable& second = lab.cable(alpha, "eth1", beta, "eth1");

  void bond(const std::string& mode) {
    make_bond(alpha, {"mode", mode}, "192.0.2.1/24");
    make_bond(beta, {"mode", mode}, "192.0.2.2/24");
    for (const auto* host : {&alpha, &beta}) {
      for (const auto* slave : {"eth0", "eth1"}) {
        EXPECT_TRUE(eventually([&] { return link_is(*host, slave, "up"); }));
      }
    }
  }
};

}  // namespace ebond::lab
