// The daemon with no more rights than its unit gives it, and with system calls restricted: it can do all that
// a bond takes, and nothing else.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "os/file.h"
#include "tests/e2e/bond_lab.h"

namespace ebond::lab {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// "Seccomp" of /proc/PID/task/TID/status.
std::string status_of(const fs::path& task, const std::string& key) {
  std::istringstream status(os::read_file(task / "status").value_or(""));
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with(key + ":")) continue;
    const auto value = line.find_first_not_of(" \t", key.size() + 1);
    return value == std::string::npos ? "" : line.substr(value);
  }
  return "";
}

std::set<std::string> of_all_threads(pid_t process, const std::string& key) {
  std::set<std::string> values;
  for (const auto& task : fs::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
    values.insert(status_of(task.path(), key));
  }
  return values;
}

/// The capabilities of the unit: "net_admin", …
std::vector<std::string> capabilities_of_the_unit() {
  std::ifstream unit(EBOND_SOURCE_DIR "/packaging/ebondd.service.in");
  const std::string key = "CapabilityBoundingSet=", prefix = "CAP_";
  std::vector<std::string> names;
  for (std::string line; std::getline(unit, line);) {
    if (!line.starts_with(key)) continue;
    std::istringstream words(line.substr(key.size()));
    for (std::string word; words >> word;) {
      auto name = word.substr(prefix.size());
      std::ranges::transform(name, name.begin(), [](unsigned char letter) { return std::tolower(letter); });
      names.push_back(std::move(name));
    }
  }
  return names;
}

/// A directory whose ebondd runs with these capabilities alone.
class ConfinedBuild {
 public:
  explicit ConfinedBuild(const std::vector<std::string>& capabilities)
      : directory_(fs::temp_directory_path() / ("ebond-confined-" + std::to_string(::getpid()))) {
    fs::create_directories(directory_);
    std::string set = "-all";
    for (const auto& name : capabilities) set += ",+" + name;
    std::ofstream(directory_ / "ebondd")
        << "#!/bin/sh\nexec setpriv --no-new-privs --inh-caps=-all --bounding-set=" << set
        << " -- " EBOND_BUILD_DIR "/ebondd \"$@\"\n";
    ::chmod((directory_ / "ebondd").c_str(), 0755);
    fs::create_symlink(EBOND_BUILD_DIR "/ebond", directory_ / "ebond");
  }
  ~ConfinedBuild() { fs::remove_all(directory_); }
  const fs::path& path() const { return directory_; }

 private:
  fs::path directory_;
};

TEST(SystemCalls, OfTheDaemonAreRestrictedInEveryThread) {
  Ebond ebond{EBOND_BUILD_DIR};
  EXPECT_EQ(of_all_threads(ebond.pid(), "Seccomp"), std::set<std::string>{"2"});
  EXPECT_EQ(of_all_threads(ebond.pid(), "NoNewPrivs"), std::set<std::string>{"1"});
  EXPECT_THAT(ebond.log(), HasSubstr("system calls are restricted"));
}

TEST(SystemCalls, OfTheDaemonAreLeftOpenIfThatIsAskedFor) {
  Ebond ebond{EBOND_BUILD_DIR, {"--no-seccomp"}};
  EXPECT_EQ(of_all_threads(ebond.pid(), "Seccomp"), std::set<std::string>{"0"});
  EXPECT_THAT(ebond.log(), HasSubstr("not restricted, as asked for"));
}

/// A program that is told of events, and what it wrote down.
class Hook {
 public:
  Hook() {
    char name[] = "/tmp/ebond-hook-XXXXXX";
    place_ = ::mkdtemp(name);
    fs::create_directory(place_ / "hooks.d");
    fs::permissions(place_ / "hooks.d", fs::perms(0755));
    const auto file = place_ / "hooks.d" / "record";
    std::ofstream(file) << "#!/bin/sh\necho $EBOND_EVENT >>" << (place_ / "told").native() << "\n";
    ::chmod(file.c_str(), 0755);
  }
  ~Hook() { fs::remove_all(place_); }
  fs::path directory() const { return place_ / "hooks.d"; }
  std::string told() const { return os::read_file(place_ / "told").value_or(""); }

 private:
  fs::path place_;
};

class Confined : public testing::Test {
 protected:
  std::vector<std::string> capabilities = capabilities_of_the_unit();
  ConfinedBuild build{capabilities};
  Lab lab;
  Host& server = lab.host("server");
  Host& client = lab.host("client");
  Switch& sw = lab.switch_("sw");
  Cable& left = lab.cable(server, "eth0", sw);
  Cable& right = lab.cable(server, "eth1", sw);
  Cable& up = lab.cable(client, "eth0", sw);
  Hook hook;
  Ebond ebond{build.path(), {"--socket-group", "root", "--hooks-dir", hook.directory()}};

  bool pings() {
    return eventually([&] { return server.run({"ping", "-c", "1", "-W", "1", "192.0.2.2"}).exit_code == 0; });
  }
  std::string look(const std::string& interface) {
    return server.must_run({"ip", "address", "show", "dev", interface}) +
           server.must_run({"tc", "qdisc", "show", "dev", interface});
  }
};

TEST_F(Confined, MakesABondWithAllTheQueuesThatFiltersChooseAmong) {
  ebond.must_run(server, {"add", "bond0"});
  EXPECT_EQ(server.link("bond0").tx_queues, 16U);
}

/// Everything that needs a right of its own: namespaces, links, programs, packet sockets, VLANs of cards, a
/// group for the socket, pins that an earlier daemon left.
TEST_F(Confined, ToTheUnitsCapabilitiesItDoesAllThatABondTakes) {
  ASSERT_GE(capabilities.size(), 5U);
  EXPECT_THAT(of_all_threads(ebond.pid(), "CapBnd"), testing::SizeIs(1));
  EXPECT_EQ(of_all_threads(ebond.pid(), "CapBnd"), of_all_threads(ebond.pid(), "CapEff"));
  client.add_address("eth0", "192.0.2.2/24");
  client.set_up("eth0");
  const auto before = look("eth0");
  ebond.must_run(server, {"add", "bond0", "mode", "active-backup", "arp_interval", "100", "arp_ip_target",
                          "192.0.2.2", "arp_validate", "all"});
  ebond.must_run(server, {"enslave", "bond0", "eth0", "eth1"});
  server.add_address("bond0", "192.0.2.1/24");
  server.set_up("bond0");
  const Arguments add_vlan{"ip",      "link", "add",  "link", "bond0", "name",
                           "bond0.7", "type", "vlan", "id",   "7"};
  const bool has_vlan = server.run(add_vlan).exit_code == 0;  // some kernels have none
  EXPECT_TRUE(pings());
  left.pull();
  EXPECT_TRUE(pings());
  left.plug();
  ebond.kill(SIGKILL);
  ebond.start();
  EXPECT_TRUE(pings());
  right.pull();
  EXPECT_TRUE(pings());
  EXPECT_TRUE(!has_vlan || eventually([&] {
    const auto shown = nlohmann::json::parse(ebond.must_run(server, {"-j", "show"}));
    return shown[0]["slaves"][0]["told"]["vlans"].size() == 1 &&
           shown[0]["slaves"][1]["told"]["vlans"].size() == 1;
  })) << ebond.must_run(server, {"-j", "show"});
  ebond.must_run(server, {"del", "bond0"});
  EXPECT_EQ(look("eth0"), before);
  EXPECT_TRUE(eventually([&] { return hook.told().find("deleted") != std::string::npos; })) << hook.told();
  // The hook is for kernels that let root trace.
  std::istringstream log(ebond.log());
  for (std::string line; std::getline(log, line);) {
    if (line.find("carrier hook") != std::string::npos) continue;
    EXPECT_THAT(line, testing::Not(testing::AnyOf(HasSubstr("not permitted"), HasSubstr("denied"))));
  }
}

}  // namespace
}  // namespace ebond::lab
