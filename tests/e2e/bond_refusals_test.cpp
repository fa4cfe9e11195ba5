// What a person gets wrong: told what was wrong and what would be right, refused whole, nothing left behind.
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "os/file.h"
#include "tests/e2e/bond_lab.h"

namespace ebond::lab {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class BadInput : public OneSwitch {
 protected:
  const fs::path sysconfig = ebond.run_dir() / "sysconfig";

  /// All that a bond leaves traces in: devices with their addresses, qdiscs and filters; pins, state, proc
  /// texts.
  std::string world() {
    auto text = look(server, "eth0") + look(server, "eth1") + listen(server, "ip -o link");
    for (const auto& directory : {ebond.pin_dir(), ebond.run_dir() / "state", ebond.run_dir() / "netns"}) {
      if (!fs::exists(directory)) continue;
      for (const auto& entry : fs::recursive_directory_iterator(directory)) {
        if (!entry.is_directory() || directory == ebond.pin_dir()) text += entry.path().string() + "\n";
      }
    }
    return text;
  }
  std::ptrdiff_t descriptors() const {
    return std::distance(fs::directory_iterator(fs::path("/proc") / std::to_string(ebond.pid()) / "fd"),
                         fs::directory_iterator());
  }
  /// Refused with exit code 1 and these words, and all is as it was.
  void refused(const Arguments& arguments, const std::vector<std::string>& words) {
    const auto before = world();
    const auto descriptors_before = descriptors();
    const auto result = ebond.run(server, arguments);
    const auto command = fmt::format("ebond {}", fmt::join(arguments, " "));
    EXPECT_EQ(result.exit_code, 1) << command << "\n" << result.output;
    for (const auto& word : words) EXPECT_THAT(result.output, HasSubstr(word)) << command;
    EXPECT_EQ(world(), before) << command;
    EXPECT_TRUE(eventually([&] { return descriptors() <= descriptors_before; })) << command;
  }
  void write(const std::string& file, const std::string& text) const {
    const auto path = sysconfig / file;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  /// The article's files, to be spoilt.
  void write_good_files() const {
    write("modprobe.conf", "alias bond0 bonding\noptions bond0 miimon=100 mode=1\n");
    write("network-scripts/ifcfg-bond0",
          "DEVICE=bond0\nIPADDR=192.0.2.1\nNETMASK=255.255.255.0\nONBOOT=yes\n");
    write("network-scripts/ifcfg-eth0", "DEVICE=eth0\nMASTER=bond0\nSLAVE=yes\nONBOOT=yes\n");
    write("network-scripts/ifcfg-eth1", "DEVICE=eth1\nMASTER=bond0\nSLAVE=yes\nONBOOT=yes\n");
  }
  void up_refused(const std::vector<std::string>& words) {
    refused({"up", "--sysconfig", sysconfig.string()}, words);
  }
};

TEST_F(BadInput, OptionsAreRefusedWithWhatWouldBeAccepted) {
  refused({"add", "bond0", "mode", "fastest"}, {"mode", "'fastest'", "balance-rr (0)", "balance-alb (6)"});
  refused({"add", "bond0", "mode", "balance-rr", "primary", "eth0"},
          {"primary", "not for mode balance-rr", "active-backup (1)"});
  refused({"add", "bond0", "mode", "active-backup", "lacp_rate", "fast"},
          {"lacp_rate", "not for mode active-backup", "802.3ad (4)"});
  refused({"add", "bond0", "miimon", "often"}, {"miimon", "'often'", "0 to 2147483647"});
  refused({"add", "bond0", "speed", "9"}, {"'speed'"});
}

TEST_F(BadInput, NamesAreRefusedThatAreTooLongOrTakenOrNoNames) {
  refused({"add", "a-name-far-too-long"}, {"a-name-far-too-long", "19 characters", "at most 15"});
  refused({"add", ""}, {"an interface name is missing"});
  refused({"add", "bo/nd"}, {"'bo/nd'", "'/'"});
  refused({"add", "eth0"}, {"eth0 exists already"});
  ebond.must_run(server, {"add", "bond0"});
  refused({"add", "bond0"}, {"bond0 exists already"});
}

TEST_F(BadInput, InterfacesAreRefusedThatCannotBeSlaves) {
  ebond.must_run(server, {"add", "bond0"});
  ebond.must_run(server, {"add", "bond1"});
  const auto lower = server.must_run({"ip", "-br", "link", "show", "type", "veth"});
  refused({"enslave", "bond0", "eth9"}, {"no interface eth9"});
  refused({"enslave", "bond0", "bond0"}, {"bond0 cannot be enslaved to itself"});
  refused({"enslave", "bond0", "bond1"}, {"bond1 is a bond itself"});
  refused({"enslave", "bond0", "lo"}, {"lo is a loopback interface", "only Ethernet"});
  refused({"enslave", "bond0", "eth0", "eth9"}, {"no interface eth9"});
  refused({"enslave", "bond0", "eth0", "eth0"}, {"eth0 is named twice"});
  server.must_run({"ip", "link", "add", "br0", "type", "bridge"});
  server.must_run({"ip", "link", "set", "eth1", "master", "br0"});
  refused({"enslave", "bond0", "eth1"}, {"eth1 is a port of another device already (bridge)"});
  server.must_run({"ip", "link", "set", "eth1", "nomaster"});
  server.must_run({"ip", "link", "add", "link", "eth1", "name", "mac0", "type", "macvlan"});
  refused({"enslave", "bond0", "eth1"}, {"mac0 (macvlan) on eth1 takes all its frames"});
  server.must_run({"ip", "link", "set", "mac0", "netns", client.netns_name()});
  refused({"enslave", "bond0", "eth1"}, {"mac0 (macvlan, in another network namespace) on eth1"});
  client.must_run({"ip", "link", "del", "mac0"});
  ebond.must_run(server, {"enslave", "bond0", "eth0"});
  refused({"enslave", "bond0", "eth0"}, {"eth0 is a slave of bond0 already"});
  refused({"enslave", "bond1", "eth0"}, {"eth0 is a slave of bond0 already"});
  refused({"release", "bond0", "eth1"}, {"eth1 is not a slave of bond0"});
  refused({"set", "bond0", "mode", "1"}, {"mode", "release them first"});
  refused({"set-slave", "eth1", "prio", "3"}, {"eth1 is not a slave"});
  refused({"del", "bond7"}, {"no bond bond7"});
}

TEST_F(BadInput, AMalformedLineOfAFileIsNamedByFileAndNumber) {
  const auto file = [&](const char* name, int line) {
    return fmt::format("{}:{}: ", (sysconfig / name).string(), line);
  };
  write_good_files();
  write("network-scripts/ifcfg-bond0", "DEVICE=bond0\nIPADDR\n");
  up_refused({file("network-scripts/ifcfg-bond0", 2), "KEY=VALUE"});
  write("network-scripts/ifcfg-bond0", "DEVICE=bond0\n\n# here\nIPADDR=192.0.2.300\nPREFIX=24\n");
  up_refused({file("network-scripts/ifcfg-bond0", 4), "192.0.2.300", "is not an IPv4 address"});
  write_good_files();
  write("network-scripts/ifcfg-eth1", "DEVICE=eth1\nSLAVE=yes\n");
  up_refused({file("network-scripts/ifcfg-eth1", 2), "SLAVE=yes without MASTER", "MASTER=bond0"});
  write("network-scripts/ifcfg-eth1", "DEVICE=eth1\nSLAVE=yes\nMASTER=bond5\n");
  up_refused({file("network-scripts/ifcfg-eth1", 3), "MASTER=bond5 is not there", "ifcfg-bond5"});
  write_good_files();
  write("modprobe.conf", "alias bond0 bonding\noptions bond0 miimon=100 mode=17\n");
  up_refused({file("modprobe.conf", 2), "mode", "'17'", "active-backup (1)"});
}

TEST_F(BadInput, ABondWhoseFilesAskForTooMuchIsNotLeftHalfUp) {
  write_good_files();
  write("network-scripts/ifcfg-lo", "DEVICE=lo\nMASTER=bond0\nSLAVE=yes\nONBOOT=yes\n");
  up_refused({"Bringing up interface bond0:  [FAILED]", "lo is a loopback interface"});
  const auto toml = (ebond.run_dir() / "bad.toml").string();
  std::ofstream(toml) << "[bond.bond0]\nmode = \"active-backup\"\nslaves = [\"eth0\", \"lo\"]\n";
  refused({"apply", toml}, {"lo is a loopback interface"});
  std::ofstream(toml) << "[bond.bond0]\nmode = \"fastest\"\n";
  refused({"apply", toml}, {toml + ":2", "fastest"});
  refused({"up", "--sysconfig", "/nonexistent"}, {"/nonexistent", "No such file"});
}

TEST_F(BadInput, WithoutADaemonTheExitCodeIsThreeAndTheCommandToStartItIsSaid) {
  ebond.kill(SIGTERM);
  for (const auto& command : {Arguments{"show"}, Arguments{"add", "bond0"}, Arguments{"events"}}) {
    const auto result = ebond.run(server, command);
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_THAT(result.output, AllOf(HasSubstr("no ebondd runs"), HasSubstr("start it with")));
  }
}

TEST_F(BadInput, MisspeltCommandsAreUsageAndTouchNothing) {
  for (const auto& command :
       {Arguments{"add", "bond0", "mode"}, Arguments{"frobnicate"}, Arguments{"enslave"}}) {
    const auto before = world();
    EXPECT_EQ(ebond.run(server, command).exit_code, 2);
    EXPECT_EQ(world(), before);
  }
}

TEST_F(BadInput, WhoIsNotRootIsToldSoAndChangesNothing) {
  ebond.must_run(server, {"add", "bond0"});
  fs::permissions(ebond.run_dir(), fs::perms::others_exec | fs::perms::others_read, fs::perm_options::add);
  const auto before = world();
  for (const auto& command : {Arguments{"del", "bond0"}, Arguments{"enslave", "bond0", "eth0"}}) {
    Arguments whole{"setpriv",
                    "--reuid",
                    "65534",
                    "--regid",
                    "65534",
                    "--clear-groups",
                    EBOND_BUILD_DIR "/ebond",
                    "--run-dir",
                    ebond.run_dir().string()};
    whole.insert(whole.end(), command.begin(), command.end());
    const auto result = server.run(whole);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.output, HasSubstr("root"));
  }
  EXPECT_EQ(world(), before);
}

/// Runs the daemon where bpf(2) is answered as by a kernel without it; its exit code and words.
CommandResult daemon_without_bpf(const fs::path& run_dir) {
  const auto log = run_dir / "log";
  const pid_t pid = ::fork();
  if (pid == 0) {
    sock_filter instructions[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_bpf, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program{.len = std::size(instructions), .filter = instructions};
    const int output = ::open(log.c_str(), O_WRONLY | O_CREAT, 0644);
    if (output < 0 || ::dup2(output, STDERR_FILENO) < 0) ::_exit(126);
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) ::_exit(126);
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) ::_exit(126);
    ::execl(EBOND_BUILD_DIR "/ebondd", "ebondd", "--run-dir", run_dir.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  EXPECT_TRUE(eventually([&] { return ::waitpid(pid, &status, WNOHANG) == pid; }));
  return {.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          .output = os::read_file(log).value_or("")};
}

TEST(MissingFeature, AKernelWithoutBpfIsToldOfByTheNameOfItsConfig) {
  const auto run_dir = fs::temp_directory_path() / fmt::format("eblab-nobpf-{}", ::getpid());
  fs::create_directories(run_dir);
  const auto result = daemon_without_bpf(run_dir);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("CONFIG_BPF_SYSCALL"));
  fs::remove_all(run_dir);
  // Where its maps would have been.
  auto pins = run_dir.string();
  std::ranges::replace(pins, '/', '_');
  std::error_code ignored;
  fs::remove_all(fs::path("/sys/fs/bpf/ebond") / pins, ignored);
}

}  // namespace
}  // namespace ebond::lab
