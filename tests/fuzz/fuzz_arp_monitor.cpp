// Frames, links, stamps, options and time, in any order, into a bond that watches paths. The input is a
// program: an opcode byte, then its operands. Frames are raw bytes, or a few bytes laid over a true answer or
// probe, so that the fuzzer gets past the parsers.
//
// Aborts if a deadline does not pass, a slave without a proved path carries, or (the point of
// arp_validate) a slave is proved without a frame that a target sent: a bond that is fed only what is not an
// answer must be lost.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/bond.h"
#include "watched_bond.h"
#include "wire/arp.h"
#include "wire/bytes.h"
#include "wire/nd.h"

using namespace ebond::core;
using namespace ebond::fuzz;
using ebond::wire::Bytes;
using ebond::wire::Reader;

namespace {

constexpr std::uint8_t kSlaves = 3;

class Program {
 public:
  explicit Program(ebond::wire::ByteView code)
      : code_(code), bond_("bond0", IfIndex{100}, mac(1), false, options(code_.u8())) {
    bond_.admin_state(true, now_);
    tell();
    for (std::uint8_t number = 0; number < kSlaves; ++number) {
      const auto address = mac(static_cast<std::uint8_t>(number + 1));
      if (!bond_.enslave(
              {nic(number), "eth" + std::to_string(number), address, address, {true, 1000, Duplex::full}},
              now_)) {
        std::abort();
      }
    }
  }

  void run() {
    while (code_.ok() && code_.left() > 0) {
      step(code_.u8());
      check();
    }
    if (!may_be_answer_ && all_validated()) {
      pass(bond_, now_, now_ + Milliseconds{1500}, [](const Actions&) {});
      for (const auto& slave : bond_.status(now_).slaves) {
        if (slave.mii_status == MiiStatus::up) std::abort();
      }
    }
  }

 private:
  static BondOptions options(std::uint8_t bits) {
    BondOptions chosen;
    chosen.mode = Mode{static_cast<std::uint8_t>(bits % 7)};
    chosen.miimon = Milliseconds{0};
    chosen.arp_interval = Milliseconds{100};
    chosen.arp_ip_target = {kTarget};
    chosen.ns_ip6_target = {kTarget6};
    chosen.arp_validate =
        (bits & 0x80) != 0 ? ArpValidate::all : ArpValidate{static_cast<std::uint8_t>(bits / 7 % 7)};
    return chosen;
  }
  void tell() {
    bond_.surroundings({.ipv4 = {{.target = kTarget, .kind = WayKind::bond, .source = kOurs, .tags = {}}},
                        .ipv6 = {{.target = kTarget6, .kind = WayKind::bond, .source = kOurs6, .tags = {}}},
                        .own_ipv4 = {kOurs},
                        .own_ipv6 = {kOurs6}});
  }
  /// In 802.3ad nobody is accused while no partner lets anything through, and here is none.
  bool all_validated() const {
    return bond_.options().arp_validate == ArpValidate::all && bond_.options().mode != Mode::ieee8023ad;
  }

  void step(std::uint8_t opcode) {
    const auto slave = nic(code_.u8() % kSlaves);
    switch (opcode % 8) {
      case 0:
        return pass(bond_, now_, now_ + Milliseconds{code_.u8()}, [](const Actions&) {});
      case 1: {
        const std::size_t size = code_.u8();
        const auto raw = code_.take(std::min<std::size_t>(size, code_.left()));
        return hear(slave, Bytes(raw.begin(), raw.end()));
      }
      case 2:
        return hear(slave, spoiled(code_, answer()));
      case 3:
        return hear(slave, spoiled(code_, ebond::wire::unsolicited_na(kTargetMac, kTarget6, false)));
      case 4:  // played back
        return hear(slave, ebond::wire::arp_request(mac(1), kOurs, kTarget));
      case 5:
        (void)bond_.link_report(slave, {(code_.u8() & 1) != 0, 1000, Duplex::full}, LinkSource::netlink,
                                now_);
        return;
      case 6:
        return bond_.activity(slave, now_);
      case 7: {
        const auto memory = bond_.memory();
        bond_ = Bond::restore(memory, now_);
        tell();
        return;
      }
    }
  }
  static Bytes answer() {
    return ebond::wire::build_arp(mac(1), kTargetMac, {},
                                  {.operation = ebond::wire::ArpPacket::Operation::reply,
                                   .sender_mac = kTargetMac,
                                   .sender_ip = kTarget,
                                   .target_mac = mac(1),
                                   .target_ip = kOurs});
  }
  void hear(IfIndex slave, const Bytes& frame) {
    may_be_answer_ = may_be_answer_ || is_answer(frame);
    (void)bond_.frame_received(slave, frame, now_);
  }
  /// By a reading of its own: an ARP packet or an advertisement in a target's name.
  static bool is_answer(const Bytes& frame) {
    const auto holds = [&](const auto& address) {
      return std::search(frame.begin(), frame.end(), address.begin(), address.end()) != frame.end();
    };
    return frame.size() >= 42 &&
           !std::equal(frame.begin() + 6, frame.begin() + 12, mac(1).octets().begin()) &&
           (holds(kTarget) || holds(kTarget6));
  }
  void check() const {
    const auto status = bond_.status(now_);
    for (const auto& slave : status.slaves) {
      const bool carries =
          std::ranges::find(bond_.table().buckets, slave.slot) != bond_.table().buckets.end();
      if (carries && !slave.path.empty()) std::abort();
    }
  }

  Reader code_;
  TimePoint now_{std::chrono::seconds(1)};
  Bond bond_;
  bool may_be_answer_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0) Program(ebond::wire::ByteView(data, size)).run();
  return 0;
}
