#include "os/frame_filter.h"

#include <linux/if_ether.h>
#include <netinet/in.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "os/filter_rules.h"
#include "wire/cdp.h"
#include "wire/lacpdu.h"
#include "wire/lldp.h"
#include "wire/marker.h"

namespace ebond::os {
namespace {

constexpr std::uint32_t kBfdPort = 3784, kMicroBfdPort = 6784;
// RFC 792, RFC 4443, RFC 4861
constexpr std::uint32_t kEchoReply = 0, kEcho = 8, kEchoReply6 = 129, kEcho6 = 128, kSolicitation = 135,
                        kAdvertisement = 136;
constexpr std::uint32_t kNotRouted = 255;  // TTL, hop limit

/// A socket holds 20,480 octets where the kernel is older than 6.8 (net.core.optmem_max): two programs of as
/// many instructions of eight, for one takes another's place while that is there.
constexpr std::size_t kMaxInstructions = 1200;

constexpr Field kDestinationMac{BPF_W, 0, From::frame};

namespace arp {  // RFC 826
constexpr std::uint32_t kTypes = kPayloadAt, kLengths = kPayloadAt + 4, kOperation = kPayloadAt + 6;
constexpr std::uint32_t kSenderMac = kPayloadAt + 8, kSenderIp = kPayloadAt + 14;
constexpr std::uint32_t kTargetMac = kPayloadAt + 18, kTargetIp = kPayloadAt + 24;
constexpr std::uint32_t kEthernetIpv4 = 0x00010800, kSixAndFour = 0x0604, kRequest = 1, kReply = 2;
}  // namespace arp
namespace ip4 {  // RFC 791
constexpr std::uint32_t kVersion = kPayloadAt, kFragment = kPayloadAt + 6, kTtl = kPayloadAt + 8;
constexpr std::uint32_t kProtocol = kPayloadAt + 9, kSource = kPayloadAt + 12, kDestination = kPayloadAt + 16;
constexpr std::uint32_t kVersionBits = 0xf0, kFour = 0x40, kMoreOrOffset = 0x3fff;
}  // namespace ip4
namespace ip6 {  // RFC 8200
constexpr std::uint32_t kNextHeader = kPayloadAt + 6, kHopLimit = kPayloadAt + 7;
constexpr std::uint32_t kSource = kPayloadAt + 8, kDestination = kPayloadAt + 24, kBody = kPayloadAt + 40;
}  // namespace ip6
namespace icmp {  // offsets into the message
constexpr std::uint32_t kTypeAndCode = 0, kIdentifier = 4, kNdTarget = 8;
}  // namespace icmp
namespace udp {  // RFC 768, RFC 5880 4.1: offsets into the datagram
constexpr std::uint32_t kDestinationPort = 2, kVersionAndDiagnostic = 8, kFlags = 9, kDetectMult = 10;
constexpr std::uint32_t kMyDiscriminator = 12, kYourDiscriminator = 16;
constexpr std::uint32_t kVersionBits = 0xe0, kVersionOne = 0x20, kAuthenticatedOrMultipoint = 0x05;
}  // namespace udp

Part byte(std::uint32_t offset, std::uint32_t value) {
  return {{BPF_B, offset}, value};
}
Part half(std::uint32_t offset, std::uint32_t value) {
  return {{BPF_H, offset}, value};
}
Part word(std::uint32_t offset, std::uint32_t value) {
  return {{BPF_W, offset}, value};
}
template <class Address>
Choice address(std::uint32_t offset, const Address& value) {
  return address_at({BPF_W, offset}, value);
}
/// No condition if there are too many.
template <class Address>
std::vector<Choice> one_of(const Field& field, const std::vector<Address>& addresses) {
  std::vector<Choice> choices;
  if (addresses.size() > kMaxChoices) return choices;
  for (const Address& each : addresses) choices.push_back(address_at(field, each));
  return choices;
}
template <class Address>
std::vector<Choice> one_of(std::uint32_t offset, const std::vector<Address>& addresses) {
  return one_of(Field{BPF_W, offset}, addresses);
}

/// `make(true)` if the kernel has room for it, and `make(false)`, which says less, if it has not.
template <class Make>
FrameFilter as_exact_as_fits(const Make& make) {
  auto filter = make(true);
  return kernel_instructions(filter) <= kMaxInstructions ? filter : make(false);
}

// ---- ARP and ND

FilterRules& arp_packet(FilterRules& rules, bool is_reply) {
  rules.is(half(kEtherTypeAt, ETH_P_ARP)).is(word(arp::kTypes, arp::kEthernetIpv4));
  rules.is(half(arp::kLengths, arp::kSixAndFour));
  if (is_reply) return rules.is(half(arp::kOperation, arp::kReply));
  return rules.any_of({{half(arp::kOperation, arp::kRequest)}, {half(arp::kOperation, arp::kReply)}});
}

FilterRules& ip6_packet(FilterRules& rules, std::uint32_t next_header) {
  return rules.is(half(kEtherTypeAt, ETH_P_IPV6)).is(byte(ip6::kNextHeader, next_header));
}

FilterRules& neighbour_message(FilterRules& rules, std::optional<wire::NeighborMessage::Kind> kind) {
  ip6_packet(rules, IPPROTO_ICMPV6).is(byte(ip6::kHopLimit, kNotRouted));
  constexpr std::uint32_t kType = ip6::kBody;
  if (kind) return rules.is(byte(kType, std::to_underlying(*kind)));
  return rules.any_of({{byte(kType, kSolicitation)}, {byte(kType, kAdvertisement)}});
}

// ---- Echo replies and BFD: of one family or the other

bool is_ip4(const wire::IpAddress& address) {
  return std::holds_alternative<wire::Ipv4Address>(address);
}

/// Whole, and of this protocol.
FilterRules& ip_packet(FilterRules& rules, bool four, std::uint32_t protocol) {
  if (!four) return ip6_packet(rules, protocol);
  rules.is(half(kEtherTypeAt, ETH_P_IP)).is(byte(ip4::kProtocol, protocol));
  rules.masked({BPF_B, ip4::kVersion}, ip4::kVersionBits, ip4::kFour);
  return rules.masked({BPF_H, ip4::kFragment}, ip4::kMoreOrOffset, 0);
}

/// Of what the IP header carries.
Field body(bool four, int size, std::uint32_t offset) {
  return four ? Field{size, kPayloadAt + offset, From::ip4_body} : Field{size, ip6::kBody + offset};
}

Choice between(const wire::IpAddress& source, const wire::IpAddress& destination) {
  const auto both = [](const auto& from, std::uint32_t source_at, const auto& to,
                       std::uint32_t destination_at) {
    Choice parts = address(source_at, from);
    const Choice more = address(destination_at, to);
    parts.insert(parts.end(), more.begin(), more.end());
    return parts;
  };
  if (is_ip4(source)) {
    return both(std::get<wire::Ipv4Address>(source), ip4::kSource, std::get<wire::Ipv4Address>(destination),
                ip4::kDestination);
  }
  return both(std::get<wire::Ipv6Address>(source), ip6::kSource, std::get<wire::Ipv6Address>(destination),
              ip6::kDestination);
}

/// A rule for each family that is asked for: what `packet` says of all packets, and one of what `choices`
/// makes of each thing wanted.
template <class Wanted, class Packet, class Choices>
FrameFilter by_family(std::span<const Wanted> wanted, const Packet& packet, const Choices& choices) {
  return as_exact_as_fits([&](bool exactly) {
    FilterRules rules(FilterRules::Tags::any);
    for (const bool four : {true, false}) {
      std::vector<Choice> all;
      for (const Wanted& each : wanted) {
        if (is_ip4(each.source) == four) choices(each, four, all);
      }
      if (all.empty()) continue;
      packet(rules, four);
      if (exactly) rules.any_of(all);
      rules.accept();
    }
    return rules.finish();
  });
}

FrameFilter bfd_to_port(std::span<const core::BfdRule> wanted, std::uint32_t port) {
  const auto packet = [port](FilterRules& rules, bool four) {
    ip_packet(rules, four, IPPROTO_UDP).is(byte(four ? ip4::kTtl : ip6::kHopLimit, kNotRouted));
    rules.is({body(four, BPF_H, udp::kDestinationPort), port});
    rules.masked(body(four, BPF_B, udp::kVersionAndDiagnostic), udp::kVersionBits, udp::kVersionOne);
    rules.masked(body(four, BPF_B, udp::kFlags), udp::kAuthenticatedOrMultipoint, 0);
    rules.is_not({body(four, BPF_B, udp::kDetectMult), 0});
    rules.is_not({body(four, BPF_W, udp::kMyDiscriminator), 0});
  };
  const auto choices = [](const core::BfdRule& rule, bool four, std::vector<Choice>& all) {
    for (const std::uint32_t your : {rule.ours, 0U}) {
      auto choice = between(rule.source, rule.destination);
      choice.push_back({body(four, BPF_W, udp::kYourDiscriminator), your});
      if (rule.theirs) choice.push_back({body(four, BPF_W, udp::kMyDiscriminator), *rule.theirs});
      all.push_back(std::move(choice));
    }
  };
  return by_family(wanted, packet, choices);
}

// ---- Slow Protocols

Part slow(int size, std::uint32_t offset, std::uint32_t value) {
  return {{size, offset, From::frame}, value};
}

/// IEEE 802.1AX-2020 annex A: to the group, of this subtype, as long as all of them are.
FilterRules& slow_frame(FilterRules& rules, std::uint32_t subtype) {
  rules.is(slow(BPF_H, kEtherTypeAt, wire::kSlowProtocolsEtherType)).is(slow(BPF_B, kPayloadAt, subtype));
  rules.is(address_at(kDestinationMac, wire::kSlowProtocolsGroup));
  return rules.is_at_least(ETH_HLEN + wire::kSlowPduSize);
}

}  // namespace

FrameFilter ethertype_filter(std::span<const std::uint16_t> ethertypes) {
  if (ethertypes.empty()) return {};
  FilterRules rules(FilterRules::Tags::none);
  for (const auto ethertype : ethertypes) rules.is(half(kEtherTypeAt, ethertype)).accept();
  return rules.finish();
}

FrameFilter any_neighbour_filter() {
  FilterRules rules(FilterRules::Tags::any);
  arp_packet(rules, false).accept();
  neighbour_message(rules, std::nullopt).accept();
  return rules.finish();
}

FrameFilter arp_filter(std::span<const core::ArpRule> wanted) {
  return as_exact_as_fits([&](bool exactly) {
    FilterRules rules(FilterRules::Tags::any);
    for (const core::ArpRule& rule : wanted) {
      arp_packet(rules, rule.is_reply);
      if (exactly) {
        if (rule.sender_mac) rules.is(address(arp::kSenderMac, *rule.sender_mac));
        rules.any_of(one_of(arp::kSenderIp, rule.senders)).any_of(one_of(arp::kTargetMac, rule.target_macs));
        rules.any_of(one_of(arp::kTargetIp, rule.targets));
      }
      rules.accept();
    }
    return rules.finish();
  });
}

FrameFilter nd_filter(std::span<const core::NdRule> wanted) {
  return as_exact_as_fits([&](bool exactly) {
    FilterRules rules(FilterRules::Tags::any);
    for (const core::NdRule& rule : wanted) {
      neighbour_message(rules, rule.kind);
      if (exactly) {
        rules.any_of(one_of(kDestinationMac, rule.to)).any_of(one_of(ip6::kSource, rule.sources));
        rules.any_of(one_of(ip6::kDestination, rule.destinations));
        rules.any_of(one_of(ip6::kBody + icmp::kNdTarget, rule.targets));
      }
      rules.accept();
    }
    return rules.finish();
  });
}

FrameFilter echo_filter(std::span<const core::EchoRule> wanted) {
  const auto packet = [&](FilterRules& rules, bool four) {
    ip_packet(rules, four, four ? std::uint32_t{IPPROTO_ICMP} : std::uint32_t{IPPROTO_ICMPV6});
    // So it stays where the kernel has no room for more.
    const Field type{body(four, BPF_H, icmp::kTypeAndCode)};
    std::vector<Choice> types{{{type, (four ? kEchoReply : kEchoReply6) << 8}}};
    const bool asked = std::ranges::any_of(wanted, [](const core::EchoRule& rule) { return !rule.is_reply; });
    if (asked) types.push_back({{type, (four ? kEcho : kEcho6) << 8}});
    rules.any_of(types);
  };
  const auto choices = [](const core::EchoRule& rule, bool four, std::vector<Choice>& all) {
    auto choice = between(rule.source, rule.destination);
    const auto reply = four ? kEchoReply : kEchoReply6, request = four ? kEcho : kEcho6;
    choice.push_back({body(four, BPF_H, icmp::kTypeAndCode), (rule.is_reply ? reply : request) << 8});
    if (rule.is_reply) choice.push_back({body(four, BPF_H, icmp::kIdentifier), rule.identifier});
    all.push_back(std::move(choice));
  };
  return by_family(wanted, packet, choices);
}

FrameFilter bfd_filter(std::span<const core::BfdRule> rules) {
  return bfd_to_port(rules, kBfdPort);
}
FrameFilter micro_bfd_filter(std::span<const core::BfdRule> rules) {
  return bfd_to_port(rules, kMicroBfdPort);
}

FrameFilter lldp_filter() {
  constexpr std::uint32_t kChassisIdType = 1 << 1;  // the upper seven bits
  FilterRules rules(FilterRules::Tags::none);
  std::vector<Choice> groups;
  for (const auto& group : wire::kLldpGroups) groups.push_back(address_at(kDestinationMac, group));
  rules.is({{BPF_H, kEtherTypeAt, From::frame}, wire::kLldpEtherType}).any_of(groups);
  rules.is({{BPF_B, kPayloadAt, From::frame}, kChassisIdType}).accept();
  return rules.finish();
}

FrameFilter cdp_filter() {
  constexpr std::uint32_t kLlcAndOui = 0xaaaa0300, kRestAndType = 0x000c2000;
  FilterRules rules(FilterRules::Tags::none);
  rules.is(address_at(kDestinationMac, wire::kCdpGroup));
  rules.is({{BPF_W, kPayloadAt, From::frame}, kLlcAndOui});
  rules.is({{BPF_W, kPayloadAt + 4, From::frame}, kRestAndType}).accept();
  return rules.finish();
}

FrameFilter lacpdu_filter() {
  // IEEE 802.1AX-2020 6.4.2: type and length of the first two TLVs
  constexpr std::uint32_t kVersion = kPayloadAt + 1, kActorTlv = kPayloadAt + 2,
                          kPartnerTlv = kPayloadAt + 22;
  constexpr std::uint32_t kActor = 0x0114, kPartner = 0x0214;
  FilterRules rules(FilterRules::Tags::none);
  slow_frame(rules, wire::kLacpSubtype).is_not(slow(BPF_B, kVersion, 0));
  rules.is(slow(BPF_H, kActorTlv, kActor)).is(slow(BPF_H, kPartnerTlv, kPartner)).accept();
  return rules.finish();
}

FrameFilter marker_filter() {
  constexpr std::uint32_t kTlv = kPayloadAt + 2, kInformation = 0x0116;  // 6.5.3.2: type and length
  FilterRules rules(FilterRules::Tags::none);
  slow_frame(rules, wire::kMarkerSubtype).is(slow(BPF_H, kTlv, kInformation)).accept();
  return rules.finish();
}

}  // namespace ebond::os
