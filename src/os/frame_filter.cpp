#include "os/frame_filter.h"

#include <linux/if_ether.h>
#include <netinet/in.h>

#include <utility>

#include "wire/lacpdu.h"

namespace ebond::os {
namespace {

constexpr std::uint32_t kAccept = 0xffffffff;
constexpr std::uint32_t kBfdPort = 3784;       // RFC 5881 4
constexpr std::uint32_t kMicroBfdPort = 6784;  // RFC 7130 2.2
// RFC 792, RFC 4443, RFC 4861
constexpr std::uint32_t kEchoReply = 0, kEchoReply6 = 129, kSolicitation = 135, kAdvertisement = 136;

// Offsets into the frame
constexpr std::uint32_t kEtherType = 12, kIp = ETH_HLEN;
constexpr std::uint32_t kIpFragment = kIp + 6, kIpProtocol = kIp + 9;
constexpr std::uint32_t kIp6NextHeader = kIp + 6, kIp6Payload = kIp + 40;

sock_filter statement(std::uint16_t code, std::uint32_t value) {
  return BPF_STMT(code, value);
}

/// Into the index register.
constexpr sock_filter kIpHeaderLength BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, kIp);

/// A program made of rules: a frame that meets every condition of one of them is accepted.
class Rules {
 public:
  Rules& half_is(std::uint32_t offset, std::uint32_t value) {
    return add({statement(BPF_LD | BPF_H | BPF_ABS, offset)}, value);
  }
  Rules& byte_is(std::uint32_t offset, std::uint32_t value) {
    return add({statement(BPF_LD | BPF_B | BPF_ABS, offset)}, value);
  }
  /// `offset` counts from the end of the IPv4 header, however long that is.
  Rules& ip_payload_byte_is(std::uint32_t offset, std::uint32_t value) {
    return add({kIpHeaderLength, statement(BPF_LD | BPF_B | BPF_IND, kIp + offset)}, value);
  }
  Rules& ip_payload_half_is(std::uint32_t offset, std::uint32_t value) {
    return add({kIpHeaderLength, statement(BPF_LD | BPF_H | BPF_IND, kIp + offset)}, value);
  }
  /// IPv4 of this protocol, whole or the first fragment.
  Rules& ip(std::uint32_t protocol) {
    constexpr std::uint32_t kOffsetBits = 0x1fff;
    half_is(kEtherType, ETH_P_IP).byte_is(kIpProtocol, protocol);
    return add(
        {statement(BPF_LD | BPF_H | BPF_ABS, kIpFragment), statement(BPF_ALU | BPF_AND | BPF_K, kOffsetBits)},
        0);
  }
  Rules& ip6(std::uint32_t protocol) {
    return half_is(kEtherType, ETH_P_IPV6).byte_is(kIp6NextHeader, protocol);
  }
  /// Ends the rule.
  void accept() {
    std::size_t size = 1;
    for (const Condition& condition : conditions_) size += condition.load.size() + 1;
    const std::size_t end = program_.size() + size;
    for (const Condition& condition : conditions_) {
      program_.insert(program_.end(), condition.load.begin(), condition.load.end());
      const auto to_next_rule = static_cast<std::uint8_t>(end - program_.size() - 1);
      program_.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, condition.value, 0, to_next_rule));
    }
    program_.push_back(statement(BPF_RET | BPF_K, kAccept));
    conditions_.clear();
  }
  FrameFilter finish() {
    program_.push_back(statement(BPF_RET | BPF_K, 0));
    return std::move(program_);
  }

 private:
  struct Condition {
    FrameFilter load;
    std::uint32_t value = 0;
  };
  Rules& add(FrameFilter load, std::uint32_t value) {
    conditions_.push_back({std::move(load), value});
    return *this;
  }

  FrameFilter program_;
  std::vector<Condition> conditions_;
};

/// IEEE 802.1AX-2020 6.4.2: offsets into a LACPDU's frame.
FrameFilter sort_lacpdus(std::uint32_t lacpdus, std::uint32_t others) {
  constexpr std::uint32_t kVersion = 15, kActorTlv = 16, kPartnerTlv = 36;
  constexpr std::uint32_t kActor = 0x0114, kPartner = 0x0214;  // type and length
  return {statement(BPF_LD | BPF_W | BPF_LEN, 0),
          BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, ETH_HLEN + wire::kSlowPduSize, 0, 9),
          statement(BPF_LD | BPF_B | BPF_ABS, ETH_HLEN),
          BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, wire::kLacpSubtype, 0, 7),
          statement(BPF_LD | BPF_B | BPF_ABS, kVersion),
          BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 5, 0),
          statement(BPF_LD | BPF_H | BPF_ABS, kActorTlv),
          BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kActor, 0, 3),
          statement(BPF_LD | BPF_H | BPF_ABS, kPartnerTlv),
          BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kPartner, 0, 1),
          statement(BPF_RET | BPF_K, lacpdus),
          statement(BPF_RET | BPF_K, others)};
}

}  // namespace

FrameFilter lacpdu_filter() {
  return sort_lacpdus(kAccept, 0);
}
FrameFilter other_slow_filter() {
  return sort_lacpdus(0, kAccept);
}

FrameFilter ethertype_filter(std::span<const std::uint16_t> ethertypes) {
  if (ethertypes.empty()) return {};
  Rules rules;
  for (const auto ethertype : ethertypes) rules.half_is(kEtherType, ethertype).accept();
  return rules.finish();
}

FrameFilter probe_filter(const core::Listening& kinds) {
  Rules rules;
  if (kinds.arp) rules.half_is(kEtherType, ETH_P_ARP).accept();
  if (kinds.nd) {
    rules.ip6(IPPROTO_ICMPV6).byte_is(kIp6Payload, kSolicitation).accept();
    rules.ip6(IPPROTO_ICMPV6).byte_is(kIp6Payload, kAdvertisement).accept();
  }
  if (kinds.icmp) {
    rules.ip(IPPROTO_ICMP).ip_payload_byte_is(0, kEchoReply).accept();
    rules.ip6(IPPROTO_ICMPV6).byte_is(kIp6Payload, kEchoReply6).accept();
  }
  const auto udp_to = [&](std::uint32_t port) {
    constexpr std::uint32_t kDestinationPort = 2;
    rules.ip(IPPROTO_UDP).ip_payload_half_is(kDestinationPort, port).accept();
    rules.ip6(IPPROTO_UDP).half_is(kIp6Payload + kDestinationPort, port).accept();
  };
  if (kinds.bfd) udp_to(kBfdPort);
  if (kinds.micro_bfd) udp_to(kMicroBfdPort);
  return rules.finish();
}

}  // namespace ebond::os
