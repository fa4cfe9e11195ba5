// Bonds in namespaces that come, are named, and go; and bonds that were only half made.
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>

#include "lab/leftovers.h"
#include "os/netns.h"
#include "tests/e2e/bond_lab.h"

namespace ebond::lab {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

//   a namespace of its own, eth0 ----- port0 client
class AnotherNamespace : public WithEbond {
 protected:
  Host& client = lab.host("client");
  const std::string name = namespace_name("other");

  static std::string text(pid_t pid) { return std::to_string(pid); }
  /// A process alone in a nameless namespace.
  Process nameless() const {
    Process process = client.start({"unshare", "--net", "sleep", "600"});
    EXPECT_TRUE(eventually([&] {
      const auto there = os::Namespace::open_path("/proc/" + text(process.pid()) + "/ns/net");
      return there && there->id() != client.netns().id();
    }));
    return process;
  }
  /// In the namespace behind that nsfs file.
  CommandResult run_in_it(const fs::path& where, Arguments arguments) const {
    arguments.insert(arguments.begin(), {"nsenter", "--net=" + where.string()});
    return client.run(arguments);
  }
  CommandResult ebond_in_it(const fs::path& where, Arguments arguments) const {
    arguments.insert(arguments.begin(), {EBOND_BUILD_DIR "/ebond", "--run-dir", ebond.run_dir().string()});
    return run_in_it(where, std::move(arguments));
  }
  void bond_in_it(const fs::path& where) {
    const auto done = [](const CommandResult& result) { EXPECT_EQ(result.exit_code, 0) << result.output; };
    done(run_in_it(where, {"ip", "link", "add", "eth0", "type", "veth", "peer", "name", "port0", "netns",
                           client.netns_name()}));
    done(ebond_in_it(where, {"add", "bond0"}));
    done(ebond_in_it(where, {"enslave", "bond0", "eth0"}));
  }
  /// The namespace with its devices, the far end of its cable too, and what the daemon kept of its bond.
  bool all_of_it_is_gone() const {
    return client.run({"ip", "link", "show", "port0"}).exit_code != 0 &&
           fs::is_empty(ebond.run_dir() / "state") && !has_pins();
  }
  bool has_pins() const {
    for (const auto& entry : fs::directory_iterator(ebond.pin_dir())) {
      if (entry.is_directory()) return true;
    }
    return false;
  }
};

TEST_F(AnotherNamespace, GoesWithItsBondsWhenItsNameIsDeleted) {
  client.must_run({"ip", "netns", "add", name});
  bond_in_it(fs::path(os::kNamespaceDirectory) / name);
  EXPECT_TRUE(fs::exists(ebond.run_dir() / "netns" / name / "proc/bond0"));
  client.must_run({"ip", "netns", "del", name});
  EXPECT_TRUE(eventually([&] { return all_of_it_is_gone(); }));
}

TEST_F(AnotherNamespace, MayBeNamedAfterItsFirstBondAndGoesWithThatName) {
  auto holder = nameless();
  bond_in_it("/proc/" + text(holder.pid()) + "/ns/net");
  client.must_run({"ip", "netns", "attach", name, text(holder.pid())});
  EXPECT_TRUE(eventually([&] { return fs::exists(ebond.run_dir() / "netns" / name / "proc/bond0"); }));
  holder.signal(SIGKILL);
  holder.wait(30s);
  EXPECT_EQ(ebond_in_it(fs::path(os::kNamespaceDirectory) / name, {"show", "bond0"}).exit_code, 0);
  client.must_run({"ip", "netns", "del", name});
  EXPECT_TRUE(eventually([&] { return all_of_it_is_gone(); }));
}

TEST_F(AnotherNamespace, WithoutANameGoesWithTheLastProcessInIt) {
  auto holder = nameless();
  bond_in_it("/proc/" + text(holder.pid()) + "/ns/net");
  holder.signal(SIGKILL);
  EXPECT_TRUE(eventually([&] { return all_of_it_is_gone(); }));
}

TEST_F(AnotherNamespace, KeepsItsBondWhileAProcessLivesInItThoughItsNameIsDeleted) {
  client.must_run({"ip", "netns", "add", name});
  const auto where = fs::path(os::kNamespaceDirectory) / name;
  bond_in_it(where);
  auto holder = client.start({"nsenter", "--net=" + where.string(), "sleep", "600"});
  const fs::path by_process = "/proc/" + text(holder.pid()) + "/ns/net";
  const auto id = os::Namespace::open_named(name)->id();
  EXPECT_TRUE(eventually([&] {
    const auto there = os::Namespace::open_path(by_process);
    return there && there->id() == id;
  }));
  client.must_run({"ip", "netns", "del", name});
  EXPECT_TRUE(
      eventually([&] { return fs::exists(ebond.run_dir() / "netns" / id.to_string() / "proc/bond0"); }));
  EXPECT_EQ(ebond_in_it(by_process, {"show", "bond0"}).exit_code, 0);
  holder.signal(SIGKILL);
  EXPECT_TRUE(eventually([&] { return all_of_it_is_gone(); }));
}

TEST_F(AnotherNamespace, KeepsItsBondWhileItIsMountedForOthersAlone) {
  // As `ip netns add` within `ip netns exec`, or by a service with mounts of its own.
  auto holder = client.start({"unshare", "--mount", "sh", "-c", "ip netns add " + name + "; exec sleep 600"});
  const fs::path by_mount = "/proc/" + text(holder.pid()) + "/root/run/netns/" + name;
  EXPECT_TRUE(eventually([&] { return os::Namespace::open_path(by_mount).has_value(); }));
  bond_in_it(by_mount);
  std::this_thread::sleep_for(6s);  // longer than from one look at namespaces without a name to the next
  EXPECT_EQ(ebond_in_it(by_mount, {"show", "bond0"}).exit_code, 0);
  ebond.kill(SIGKILL);
  ebond.start();
  EXPECT_EQ(ebond_in_it(by_mount, {"show", "bond0"}).exit_code, 0);
  holder.signal(SIGKILL);
  EXPECT_TRUE(eventually([&] { return all_of_it_is_gone(); }));
  fs::remove(fs::path(os::kNamespaceDirectory) / name);
}

TEST_F(AnotherNamespace, ADaemonKilledWhileItMakesABondLeavesNoHalfOfIt) {
  const auto before = client.must_run({"ip", "-o", "link"});
  int adopted = 0;
  for (int delay_ms = 0; delay_ms < 40; delay_ms += 2) {
    std::thread adding([&] { (void)ebond.run(client, {"add", "bond0", "mode", "active-backup"}); });
    std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms));
    ebond.kill(SIGKILL);
    adding.join();
    ebond.start();
    if (!show(client).empty()) {
      ++adopted;
      ebond.must_run(client, {"del", "bond0"});
    }
    EXPECT_EQ(client.must_run({"ip", "-o", "link"}), before) << delay_ms;
    EXPECT_TRUE(fs::is_empty(ebond.run_dir() / "state")) << delay_ms;
    EXPECT_FALSE(has_pins()) << delay_ms;
  }
  RecordProperty("adopted", adopted);
}

TEST_F(AnotherNamespace, AllAreShownByOneCommandToAnybody) {
  auto& server = lab.host("server");
  ebond.must_run(server, {"add", "bond7"});
  ASSERT_EQ(client.run({"ip", "netns", "add", name}).exit_code, 0);
  bond_in_it(os::kNamespaceDirectory / fs::path(name));
  const auto names = [&](const Arguments& words) {
    std::vector<std::string> found;
    for (const auto& bond : nlohmann::json::parse(ebond.must_run(client, words))) {
      found.push_back(bond["netns"].get<std::string>() + " " + bond["ifname"].get<std::string>());
    }
    return found;
  };
  EXPECT_THAT(names({"-j", "show", "--all"}),
              ::testing::UnorderedElementsAre(name + " bond0", server.netns_name() + " bond7"));
  const auto text = ebond.must_run(client, {"show", "--all"});
  EXPECT_THAT(text, ::testing::HasSubstr("netns " + name));
  EXPECT_THAT(text, ::testing::HasSubstr("netns " + server.netns_name()));
  EXPECT_EQ(client.run({"ip", "netns", "del", name}).exit_code, 0);
  ebond.must_run(server, {"del", "bond7"});
  EXPECT_TRUE(eventually([&] { return ebond.must_run(client, {"-j", "show", "--all"}) == "[]\n"; }));
}

}  // namespace
}  // namespace ebond::lab
