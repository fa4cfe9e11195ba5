#include "cli/traffic/flow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/traffic/flow_text.h"

namespace ebond::cli::traffic {
namespace {

Flow with_macs(const char* text) {
  auto flow = flow_of_text(text).value();
  flow.source_mac = MacAddress({2, 0, 0, 0, 0, 1});
  flow.destination_mac = MacAddress({2, 0, 0, 0, 0, 2});
  return flow;
}

TEST(FlowFrame, TellsOfTheFlowThatItWasMadeOf) {
  for (const auto* text :
       {"tcp 192.0.2.1:40000 > 192.0.2.2:443", "udp [2001:db8::1]:53 > [2001:db8::2]:5353 vlan 10",
        "icmp 192.0.2.1 > 192.0.2.2 id 7", "icmp 2001:db8::1 > 2001:db8::2", "sctp 192.0.2.1:1 > 192.0.2.2:2",
        "dccp 192.0.2.1:1 > 192.0.2.2:2", "udplite 192.0.2.1:1 > 192.0.2.2:2",
        "esp 192.0.2.1 > 192.0.2.2 spi 4096", "ah 2001:db8::1 > 2001:db8::2 spi 77",
        "gre 192.0.2.1 > 192.0.2.2 / udp 198.51.100.1:1 > 198.51.100.2:2",
        "gre 192.0.2.1 > 192.0.2.2 / udp [2001:db8::1]:1 > [2001:db8::2]:2",
        "ipip 192.0.2.1 > 192.0.2.2 / tcp [2001:db8::1]:1 > [2001:db8::2]:2", "89 192.0.2.1 > 192.0.2.2"}) {
    const auto flow = with_macs(text);
    EXPECT_EQ(flow_of(frame_of(flow)), flow) << text;
  }
}

TEST(FlowFrame, CutShortTellsOfWhatIsLeft) {
  const auto frame = frame_of(with_macs("tcp 192.0.2.1:40000 > 192.0.2.2:443"));
  for (std::size_t length = 0; length < frame.size(); ++length) {
    const auto flow = flow_of(wire::ByteView(frame).first(length));
    EXPECT_EQ(flow.has_value(), length >= 14) << length;
    EXPECT_EQ(flow ? flow->packets.size() : 0U, length >= 34 ? 1U : 0U) << length;
  }
}

TEST(FlowFrame, OfALaterFragmentHasNoPorts) {
  auto frame = frame_of(with_macs("udp 192.0.2.1:40000 > 192.0.2.2:443"));
  constexpr std::size_t kOffsetField = 14 + 6;
  frame.at(kOffsetField + 1) = 1;
  EXPECT_EQ(flow_of(frame)->packets.at(0).source_port, 0);
}

TEST(FlowFrame, ThatIsNoIpTellsOfItsEtherType) {
  auto frame = frame_of(with_macs("udp 192.0.2.1:1 > 192.0.2.2:2"));
  frame.at(12) = 0x08, frame.at(13) = 0x06;
  EXPECT_EQ(to_string(*flow_of(frame)), "ethertype 0x0806 02:00:00:00:00:01 > 02:00:00:00:00:02");
}

}  // namespace
}  // namespace ebond::cli::traffic
