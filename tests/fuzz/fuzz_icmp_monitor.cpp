// The path monitor icmp in a network that answers by the slaves that are alive, while somebody plays in
// frames: raw ones, and answers heard before, as they were or spoiled. The input is a program: an opcode
// byte, then its operands.
//
// Aborts if a deadline does not pass, a slave without a proved path carries, a path that answers all along
// is held out, or one that is dead still carries after the detection time: what is replayed or made up must
// neither keep a dead path alive nor kill a living one.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/bond.h"
#include "watched_bond.h"
#include "wire/arp.h"
#include "wire/bytes.h"
#include "wire/checksum.h"
#include "wire/icmp_echo.h"
#include "wire/nd.h"

using namespace ebond::core;
using namespace ebond::fuzz;
using ebond::wire::Bytes;
using ebond::wire::Reader;

namespace {

constexpr std::uint8_t kSlaves = 2;
constexpr Milliseconds kInterval{10};
constexpr unsigned kMultiplier = 3;
// The rounds that go unanswered, the one that was answered last, and one more in which an active slave
// becomes the one that echoes.
constexpr Duration kDetection = kInterval * (2 * kMultiplier + 3);
constexpr std::size_t kRemembered = 32;

class Program {
 public:
  explicit Program(ebond::wire::ByteView code)
      : code_(code), first_(code_.u8()), bond_("bond0", IfIndex{100}, mac(1), false, options(first_)) {
    take(bond_.admin_state(true, now_));
    tell();
    for (std::uint8_t number = 0; number < kSlaves; ++number) {
      const auto own = mac(static_cast<std::uint8_t>(number + 1));
      auto taken = bond_.enslave(
          {nic(number), "eth" + std::to_string(number), own, own, {true, 1000, Duplex::full}}, now_);
      if (!taken) std::abort();
      take(*taken);
    }
    changed_.fill(now_);
  }

  void run() {
    while (code_.ok() && code_.left() > 0) {
      step(code_.u8());
      check();
    }
  }

 private:
  static BondOptions options(std::uint8_t bits) {
    constexpr std::array kModes{Mode::active_backup, Mode::balance_xor, Mode::balance_rr, Mode::broadcast};
    BondOptions chosen;
    chosen.mode = kModes[bits % kModes.size()];
    chosen.miimon = Milliseconds{0};
    chosen.path_monitor = PathMonitor::icmp;
    chosen.path_interval = kInterval;
    chosen.path_multiplier = kMultiplier;
    chosen.path_target = {(bits & 0x80) != 0 ? IpAddress(kTarget6) : IpAddress(kTarget)};
    return chosen;
  }
  bool is_ipv6() const { return (first_ & 0x80) != 0; }
  void tell() {
    Surroundings around{.ipv4 = {}, .ipv6 = {}, .own_ipv4 = {kOurs}, .own_ipv6 = {kOurs6}};
    const auto router = is_ipv6() ? IpAddress(kTarget6) : IpAddress(kTarget);
    const auto ours = is_ipv6() ? IpAddress(kOurs6) : IpAddress(kOurs);
    around.paths = {
        {.target = router, .kind = WayKind::bond, .next_hop = router, .source = ours, .tags = {}}};
    bond_.surroundings(around);
  }

  void step(std::uint8_t opcode) {
    const auto number = static_cast<std::uint8_t>(code_.u8() % kSlaves);
    switch (opcode % 5) {
      case 0:
        return pass(bond_, now_, now_ + Milliseconds{code_.u8()}, [this](const Actions& actions) {
          take(actions);
          check();
        });
      case 1: {
        const std::size_t size = code_.u8();
        const auto raw = code_.take(std::min<std::size_t>(size, code_.left()));
        return hear(number, Bytes(raw.begin(), raw.end()));
      }
      case 2:  // replayed, and spoiled now and then
        if (echoes_.empty()) return;
        return hear(number, spoiled(code_, echoes_[code_.u8() % echoes_.size()]));
      case 3:
        alive_[number] = (code_.u8() & 1) != 0;
        changed_[number] = now_;
        return;
      case 4: {
        const auto memory = bond_.memory();
        bond_ = Bond::restore(memory, now_);
        changed_.fill(now_);
        tell();
        return;
      }
    }
  }
  void hear(std::uint8_t number, const Bytes& frame) {
    // Neither ARP nor ND knows a question from a guess: with them anybody on the link can answer for the next
    // hop.
    const auto read = ebond::wire::parse_ethernet(frame);
    if (read && read->header.ethertype == ebond::wire::ethertype::kArp) return;
    if (read && ebond::wire::parse_neighbor_message(read->payload)) return;
    take(bond_.frame_received(nic(number), frame, now_));
  }

  /// The network: answers every question that leaves by a slave that is alive, where its asker was last
  /// heard.
  void take(const Actions& actions) {
    for (const auto& action : actions) {
      const auto* transmit = std::get_if<action::Transmit>(&action);
      if (transmit == nullptr) continue;
      const auto number = static_cast<std::uint8_t>(static_cast<unsigned>(transmit->slave) - 1);
      if (!alive_[number]) continue;
      const auto frame = ebond::wire::parse_ethernet(transmit->frame);
      if (!frame) std::abort();
      learned_[frame->header.source] = number;
      answer(*frame);
    }
  }
  void answer(const ebond::wire::EthernetFrame& frame) {
    const auto asker = frame.header.source;
    if (const auto arp = ebond::wire::parse_arp(frame.payload)) {
      back(asker, ebond::wire::build_arp(asker, kTargetMac, {},
                                         {.operation = ebond::wire::ArpPacket::Operation::reply,
                                          .sender_mac = kTargetMac,
                                          .sender_ip = kTarget,
                                          .target_mac = arp->sender_mac,
                                          .target_ip = arp->sender_ip}));
    } else if (const auto asked = ebond::wire::parse_neighbor_message(frame.payload)) {
      if (asked->kind == ebond::wire::NeighborMessage::Kind::solicitation)
        back(asker, advertisement(asker, asked->source));
    } else if (auto echo = ebond::wire::parse_echo4(frame.payload)) {
      echo->echo.reply = true;
      std::swap(echo->source, echo->destination);
      back(bond_.status(now_).mac, ebond::wire::build_echo({bond_.status(now_).mac, kTargetMac, {}}, *echo));
    } else if (auto echo6 = ebond::wire::parse_echo6(frame.payload)) {
      echo6->echo.reply = true;
      std::swap(echo6->source, echo6->destination);
      back(bond_.status(now_).mac, ebond::wire::build_echo({bond_.status(now_).mac, kTargetMac, {}}, *echo6));
    }
  }
  /// The router's answer to a solicitation.
  static Bytes advertisement(const MacAddress& asker, const Ipv6Address& asker_ip) {
    constexpr std::size_t kDestination = 38, kIcmp = 54, kChecksum = 56, kFlags = 58;
    constexpr std::uint8_t kSolicited = 0x40, kIcmpv6 = 58;
    auto frame = ebond::wire::unsolicited_na(kTargetMac, kTarget6, true);
    std::ranges::copy(asker.octets(), frame.begin());
    std::ranges::copy(asker_ip, frame.begin() + kDestination);
    frame[kFlags] |= kSolicited;
    frame[kChecksum] = frame[kChecksum + 1] = 0;
    ebond::wire::InternetChecksum sum;
    const auto message = ebond::wire::ByteView(frame).subspan(kIcmp);
    sum.add_ipv6_pseudo_header(kTarget6, asker_ip, message.size(), kIcmpv6).add(message);
    ebond::wire::store_checksum(frame, kChecksum, sum.value());
    return frame;
  }
  void back(const MacAddress& to, const Bytes& frame) {
    const auto found = learned_.find(to);
    if (found == learned_.end() || !alive_[found->second]) return;
    const auto payload = ebond::wire::parse_ethernet(frame)->payload;
    const bool is_echo = ebond::wire::parse_echo4(payload) || ebond::wire::parse_echo6(payload);
    if (is_echo && echoes_.size() < kRemembered) echoes_.push_back(frame);
    take(bond_.frame_received(nic(found->second), frame, now_));
  }

  void check() const {
    const auto status = bond_.status(now_);
    for (std::uint8_t number = 0; number < kSlaves; ++number) {
      const auto& slave = status.slaves[number];
      const bool carries =
          std::ranges::find(bond_.table().buckets, slave.slot) != bond_.table().buckets.end();
      if (carries && !slave.path.empty()) std::abort();
      if (!alive_[number] && carries && now_ > changed_[number] + kDetection) std::abort();
      if (all_alive_for(4 * kDetection) && !slave.path.empty()) std::abort();
    }
  }

  bool all_alive_for(Duration duration) const {
    return std::ranges::count(alive_, true) == kSlaves && now_ > std::ranges::max(changed_) + duration;
  }

  Reader code_;
  std::uint8_t first_;
  TimePoint now_{std::chrono::seconds(1)};
  Bond bond_;
  std::array<bool, kSlaves> alive_{true, true};
  std::array<TimePoint, kSlaves> changed_{};
  std::map<MacAddress, std::uint8_t> learned_;
  std::vector<Bytes> echoes_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0) Program(ebond::wire::ByteView(data, size)).run();
  return 0;
}
