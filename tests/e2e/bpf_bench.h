// A bond's programs in the kernel and nothing else: no daemon, and of the core only what a test brings along.
//
// Two ways to ask a program. run() hands it a frame by BPF_PROG_TEST_RUN and answers its verdict. That is all
// the kernel tells: a redirect is not carried out, and its target stays in a place of the kernel's own; only
// copies (bpf_clone_redirect) really leave. A frame that is run may have no VLAN tag but one in its bytes,
// and no TX queue. So where a frame goes is asked the other way: send_out() and come_in() send it through
// real devices and look where it comes out.
#pragma once

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <gmock/gmock.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/options/option_table.h"
#include "lab/eventually.h"
#include "os/bond_device.h"
#include "os/datapath.h"
#include "os/packet_socket.h"
#include "os/rtnetlink.h"
#include "os/sysctl.h"
#include "tests/e2e/os_namespace.h"
#include "wire/arp.h"
#include "wire/ethernet.h"

namespace ebond::os {

using core::Mode;
using core::SlotId;
using testing::fresh_namespace;
using testing::must;

constexpr Mode kEveryMode[] = {Mode::balance_rr, Mode::active_backup, Mode::balance_xor, Mode::broadcast,
                               Mode::ieee8023ad, Mode::balance_tlb,   Mode::balance_alb, Mode::balance_slb};
/// Its name without what a test's may not hold.
inline std::string label_of(const ::testing::TestParamInfo<Mode>& tested) {
  std::string name(core::mode_name(tested.param));
  std::erase_if(name, [](char each) { return !std::isalnum(static_cast<unsigned char>(each)); });
  return name;
}

/// Hears one EtherType where a daemon would that listens on one interface: behind tc, in the stack.
class StackEar {
 public:
  StackEar(core::IfIndex on, std::uint16_t ethertype)
      : fd_(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ethertype))) {
    sockaddr_ll where{};
    where.sll_family = AF_PACKET;
    where.sll_protocol = htons(ethertype);
    where.sll_ifindex = static_cast<int>(std::to_underlying(on));
    if (::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0) {
      throw std::runtime_error("cannot listen on " + name_of_device(on));
    }
  }
  bool hears(std::chrono::milliseconds at_most = std::chrono::seconds(10)) const {
    char octet = 0;
    return lab::eventually([&] { return ::recv(fd_.get(), &octet, 1, 0) > 0; }, at_most);
  }
  bool is_silent() const { return !hears(std::chrono::milliseconds(200)); }

 private:
  UniqueFd fd_;
};

//   bond0 ── lower half ── ebond_tx ──┬── s0 ── far0
//                         ebond_rx ───├── s1 ── far1    …
class DatapathBench : public ::testing::Test {
 public:
  static constexpr int kSlaves = 4;
  static constexpr std::uint16_t kIpv4 = 0x0800, kArp = 0x0806, kIpv6 = 0x86dd, kVlan = 0x8100;
  static constexpr std::uint16_t kTest = 0x88b5;  // IEEE 802 local experimental
  static constexpr wire::Ipv4Address kServer{192, 0, 2, 1}, kClient{192, 0, 2, 10};
  static MacAddress mac(std::uint8_t last) { return MacAddress({2, 0, 0, 0, 0, last}); }
  static inline const MacAddress kBondMac = mac(1), kClientMac = mac(0x99);

 protected:
  explicit DatapathBench(const core::DatapathSpec& spec = {.mode = Mode::active_backup},
                         core::Bond0Device kind = core::Bond0Device::veth)
      : device(must(BondDevice::create(home, net, "bond0", "0123456789abcdef", kind))),
        path(must(Datapath::create(pins / "bond", spec, device.lower(), links))) {}

  const std::filesystem::path pins =
      std::filesystem::path("/sys/fs/bpf/ebond") / ("test-" + std::to_string(::getpid()));
  Namespace home = fresh_namespace();
  NamespaceScope inside = must(NamespaceScope::enter(home));
  Rtnetlink net = must(Rtnetlink::open(home));
  FrameSender sender = must(FrameSender::open(home));
  BondDevice device;
  LinkBits links = open_links();
  Datapath path;
  std::vector<FrameReceiver> far;   ///< what left by each slave
  std::optional<FrameReceiver> up;  ///< what came to bond0

  LinkBits open_links() {
    must(make_pin_dir(pins));
    return must(LinkBits::open_or_create(pins));
  }
  void SetUp() override {
    must(write_interface_sysctl(home, IpFamily::ipv6, "bond0", "disable_ipv6", "1"));
    must(net.set_mac(device.upper(), kBondMac));
    must(net.set_up(device.upper(), true));
    must(net.set_up(device.lower(), true));
    for (int i = 0; i < kSlaves; ++i) {
      must(net.create_veth({.name = name(i), .peer_name = far_name(i)}));
      must(net.set_mac(index(i), slave_mac(i)));
      for (const auto& end : {name(i), far_name(i)}) {
        // Nothing speaks but the test.
        must(write_interface_sysctl(home, IpFamily::ipv6, end, "disable_ipv6", "1"));
        must(net.set_up(must(net.link(end)).ifindex, true));
      }
      must(path.attach_slave(index(i), SlotId(i)));
      far.push_back(must(FrameReceiver::open(home, must(net.link(far_name(i))).ifindex, {})));
    }
    up.emplace(must(FrameReceiver::open(home, device.upper(), {})));
  }
  void TearDown() override {
    path.remove();
    std::filesystem::remove_all(pins);
  }
  virtual MacAddress slave_mac(int /*slave*/) const { return kBondMac; }

  static std::string name(int slave) { return "s" + std::to_string(slave); }
  static std::string far_name(int slave) { return "far" + std::to_string(slave); }
  core::IfIndex index(int slave) { return must(net.link(name(slave))).ifindex; }
  void set_alive(int slave, bool alive) { links.set(path.link_of(SlotId(slave)), alive); }
  /// Programs for another spec, on all slaves.
  void specialise(const core::DatapathSpec& spec) {
    std::map<SlotId, core::IfIndex> slaves;
    for (int i = 0; i < kSlaves; ++i) slaves.emplace(SlotId(i), index(i));
    must(path.respecialise(spec, slaves));
  }
  /// A table of these buckets and standbys; the slaves named in `accepting` hand frames to the bond.
  core::Table table(const std::vector<int>& buckets, const std::vector<int>& standby = {},
                    const std::vector<int>& accepting = {}) {
    core::Table made;
    for (int slot : buckets) made.buckets.push_back(SlotId(slot));
    for (int slot : standby) made.standby.push_back(SlotId(slot));
    for (int i = 0; i < kSlaves; ++i) {
      const bool accepts = std::ranges::find(accepting, i) != accepting.end();
      made.slots.push_back({.slot = SlotId(i), .ifindex = index(i), .accepts = accepts});
    }
    return made;
  }

  static wire::Bytes frame(const MacAddress& to, std::uint16_t ethertype, const wire::Bytes& payload = {},
                           const MacAddress& from = kBondMac) {
    wire::Writer out;
    out.mac(to).mac(from).u16(ethertype).bytes(payload).zeros(60);
    return std::move(out).finish();
  }
  static wire::Bytes tagged(std::uint16_t protocol, std::uint16_t vlan, wire::Bytes untagged) {
    const std::uint8_t tag[] = {static_cast<std::uint8_t>(protocol >> 8),
                                static_cast<std::uint8_t>(protocol & 0xff),
                                static_cast<std::uint8_t>(vlan >> 8), static_cast<std::uint8_t>(vlan & 0xff)};
    constexpr int kAddresses = 12;
    untagged.insert(untagged.begin() + kAddresses, std::begin(tag), std::end(tag));
    return untagged;
  }
  static wire::Bytes ipv4(std::uint8_t protocol, const wire::Ipv4Address& to = kClient) {
    wire::Writer out;
    out.u8(0x45).u8(0).u16(40).u32(0).u8(64).u8(protocol).u16(0).bytes(kServer).bytes(to);
    return std::move(out).finish();
  }
  /// UDP from a port of its own.
  static wire::Bytes udp(std::uint16_t port) {
    auto packet = ipv4(17);
    wire::Writer ports;
    ports.u16(port).u16(4789).u16(20).u16(0);
    const auto header = std::move(ports).finish();
    packet.insert(packet.end(), header.begin(), header.end());
    return packet;
  }
  static wire::Bytes ipv6(std::uint8_t next, std::uint8_t type, std::uint8_t source_last) {
    wire::Writer out;
    out.u32(0x60000000).u16(20).u8(next).u8(64);
    out.u32(source_last == 0 ? 0 : 0x20010db8).zeros(11).u8(source_last);
    out.u32(0x20010db8).zeros(11).u8(2).u8(type);
    return std::move(out).finish();
  }

  /// The verdict of the program on `device` on a frame that has `device` under it. No redirect is carried
  /// out.
  int run(core::IfIndex on, const wire::Bytes& bytes) {
    const UniqueFd program = program_on(on);
    __sk_buff context{};
    context.ifindex = std::to_underlying(on);
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = bytes.data(),
                .data_size_in = static_cast<__u32>(bytes.size()), .ctx_in = &context,
                .ctx_size_in = sizeof(context), );
    if (const int error = bpf_prog_test_run_opts(program.get(), &options); error != 0) {
      throw std::runtime_error("BPF_PROG_TEST_RUN: " + std::string(std::strerror(-error)));
    }
    return static_cast<int>(options.retval);
  }
  int run_tx(const wire::Bytes& bytes) { return run(device.lower(), bytes); }
  int run_rx(int slave, const wire::Bytes& bytes) { return run(index(slave), bytes); }
  /// The latest of the filters there: ours, unless a test says otherwise.
  static UniqueFd program_on(core::IfIndex on) {
    const auto filters = must(tc_filters(on, TcSide::ingress));
    if (filters.empty()) throw std::runtime_error("no filter on " + name_of_device(on));
    UniqueFd program(bpf_prog_get_fd_by_id(filters.back().program));
    if (!program) throw std::runtime_error("no program on " + name_of_device(on));
    return program;
  }

  struct Seen {
    int slave;
    wire::EthernetHeader header;
    wire::Bytes frame;
  };
  static constexpr std::chrono::seconds kEnough{10};
  static constexpr std::chrono::milliseconds kForNothing{200};

  /// Sends a frame on bond0; the slave it leaves by, and what it is by then. None if it does not.
  std::optional<Seen> send_out(const wire::Bytes& sent, std::chrono::milliseconds at_most = kEnough) {
    must(sender.send(device.upper(), sent));
    std::optional<Seen> seen;
    lab::eventually(
        [&] {
          for (int i = 0; i < kSlaves && !seen; ++i) {
            if (auto got = must(far[static_cast<std::size_t>(i)].receive())) {
              seen = Seen{i, wire::parse_ethernet(*got)->header, *got};
            }
          }
          return seen.has_value();
        },
        at_most);
    return seen;
  }
  /// The slave it leaves by; kNone where it does not.
  static constexpr int kNone = -1;
  int way_of(const wire::Bytes& sent, std::chrono::milliseconds at_most = kEnough) {
    const auto seen = send_out(sent, at_most);
    return seen ? seen->slave : kNone;
  }
  int way_of_a_frame() { return way_of(frame(MacAddress::broadcast(), kTest)); }
  bool drops_a_frame() { return way_of(frame(MacAddress::broadcast(), kTest), kForNothing) == kNone; }
  /// The slaves a copy leaves by, `copies` of them awaited, and no more come.
  std::vector<int> ways_of(const wire::Bytes& sent, std::size_t copies) {
    std::vector<int> ways;
    must(sender.send(device.upper(), sent));
    const auto look = [&] {
      for (int i = 0; i < kSlaves; ++i) {
        while (must(far[static_cast<std::size_t>(i)].receive())) ways.push_back(i);
      }
      return ways.size() >= copies;
    };
    lab::eventually(look, kEnough);
    lab::eventually([&] { return look() && ways.size() > copies; }, kForNothing);
    std::ranges::sort(ways);
    return ways;
  }

  static std::optional<wire::Bytes> heard(FrameReceiver& receiver, std::chrono::milliseconds at_most) {
    std::optional<wire::Bytes> got;
    lab::eventually(
        [&] {
          got = must(receiver.receive());
          return got.has_value();
        },
        at_most);
    return got;
  }
  /// Sends a frame to a slave from its far end; what bond0 gets of it. None if nothing.
  std::optional<wire::Bytes> come_in(int slave, const wire::Bytes& came,
                                     std::chrono::milliseconds at_most = kEnough) {
    must(sender.send(must(net.link(far_name(slave))).ifindex, came));
    return heard(*up, at_most);
  }
  /// What bond0 gets is addressed to …
  std::optional<MacAddress> taken(int slave, const wire::Bytes& came,
                                  std::chrono::milliseconds at_most = kEnough) {
    const auto got = come_in(slave, came, at_most);
    if (!got) return std::nullopt;
    return wire::parse_ethernet(*got)->header.destination;
  }
  bool drops(int slave, const wire::Bytes& came) { return !taken(slave, came, kForNothing); }
};

}  // namespace ebond::os
