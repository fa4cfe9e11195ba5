// Signs of a DHCP client, in a /proc of our own.
#include "cli/dhcp_client.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace ebond::cli {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto kOwnNamespace = "net:[4026531840]";

class DhcpClients : public testing::Test {
 protected:
  DhcpClients() {
    fs::create_directories(root / "proc/self/ns");
    fs::create_symlink(kOwnNamespace, root / "proc/self/ns/net");
    write("proc/self/net/udp",
          "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode\n"
          "  1: 00000000:0044 00000000:0000 07 00000000:00000000 00:00000000 00000000 0 0 501 2 0 0\n"
          "  2: 050200C0:0044 00000000:0000 07 00000000:00000000 00:00000000 00000000 0 0 502 2 0 0\n"
          "  3: 00000000:0045 00000000:0000 07 00000000:00000000 00:00000000 00000000 0 0 503 2 0 0\n");
    write("proc/self/net/packet",
          "sk       RefCnt Type Proto  Iface R Rmem   User   Inode\n"
          "0 3      3    0800   2     1 0      0      601\n"
          "0 3      3    0003   3     1 0      0      602\n");
  }
  ~DhcpClients() override { fs::remove_all(root); }

  void write(const fs::path& file, const std::string& text) {
    fs::create_directories((root / file).parent_path());
    std::ofstream(root / file) << text;
  }
  void process(int pid, const std::string& name, const std::string& words, const std::vector<int>& sockets,
               const std::string& netns = kOwnNamespace) {
    const auto directory = fs::path("proc") / std::to_string(pid);
    write(directory / "comm", name + "\n");
    write(directory / "cmdline", words);
    fs::create_directories(root / directory / "fd");
    fs::create_directories(root / directory / "ns");
    fs::create_symlink(netns, root / directory / "ns/net");
    int number = 0;
    for (const int inode : sockets) {
      fs::create_symlink("socket:[" + std::to_string(inode) + "]",
                         root / directory / "fd" / std::to_string(number++));
    }
  }
  DhcpSigns find() { return find_dhcp_client(eth0, addresses, root); }

  fs::path root = fs::temp_directory_path() / ("ebond-dhcp-" + std::to_string(::getpid()));
  os::LinkInfo eth0 = [] {
    os::LinkInfo link;
    link.ifindex = os::IfIndex(2);
    link.name = "eth0";
    return link;
  }();
  std::vector<os::Address> addresses{
      {.ifindex = os::IfIndex(2), .local = wire::Ipv4Address{192, 0, 2, 5}, .prefix_length = 24}};
};

TEST_F(DhcpClients, AreKnownByTheirPortOnAnAddressOfTheInterface) {
  process(10, "systemd-network", "/lib/systemd/systemd-networkd", {502});
  EXPECT_THAT(find().clients, ElementsAre("systemd-network (pid 10)"));
}

TEST_F(DhcpClients, OrByTheirPortAndAPacketSocketOrAWordForTheInterface) {
  process(11, "one", "one", {501, 601});
  process(12, "other", std::string("other\0eth0\0", 11), {501});
  process(13, "elsewhere", "elsewhere", {501, 602});
  process(14, "server", std::string("server\0eth0\0", 12), {503, 601});
  EXPECT_THAT(find().clients, ElementsAre("one (pid 11)", "other (pid 12)"));
}

TEST_F(DhcpClients, OrByNameWhileTheyHoldNoSocketButNotInAnotherNamespace) {
  process(15, "udhcpc", std::string("udhcpc\0-i\0eth0\0", 15), {});
  process(16, "udhcpc", std::string("udhcpc\0-i\0eth0\0", 15), {}, "net:[4026532000]");
  process(17, "udhcpc", std::string("udhcpc\0-i\0eth1\0", 15), {});
  EXPECT_THAT(find().clients, ElementsAre("udhcpc (pid 15)"));
}

TEST_F(DhcpClients, LeaveALeaseOrAFile) {
  EXPECT_TRUE(find().empty());
  addresses[0].valid_lifetime = 3600;
  write("run/systemd/netif/leases/2", "ADDRESS=192.0.2.5\n");
  process(18, "systemd-network", "/lib/systemd/systemd-networkd", {}, "net:[4026532000]");
  EXPECT_THAT(find().clients, testing::IsEmpty()) << "its interface 2 is another";
  process(19, "systemd-network", "/lib/systemd/systemd-networkd", {});
  const auto signs = find();
  EXPECT_THAT(signs.leases, ElementsAre("192.0.2.5, for 3600 s more"));
  EXPECT_THAT(signs.clients, ElementsAre("systemd-network (pid 19)"));
  EXPECT_THAT(dhcp_refusal("eth0", "bond0", signs),
              HasSubstr("(systemd-network (pid 19); 192.0.2.5, for 3600 s more)"));
}

TEST_F(DhcpClients, AreNotWhoeverGotAnAddressFromARouter) {
  addresses = {{.ifindex = os::IfIndex(2),
                .local = *wire::parse_ipv6("2001:db8::5"),
                .prefix_length = 64,
                .flags = 0x100,  // IFA_F_MANAGETEMPADDR: the kernel's own, of a router's prefix
                .valid_lifetime = 3600}};
  EXPECT_THAT(find().leases, IsEmpty());
}

}  // namespace
}  // namespace ebond::cli
