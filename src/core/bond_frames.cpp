// The frames a bond waits for, and which of its protocols each is for.
#include "core/bond_state.h"

namespace ebond::core {

Listening Bond::listening() const {
  Listening wanted;
  wanted.slow_protocols = state_->options.mode == Mode::ieee8023ad && state_->admin_up;
  if (ArpMonitor::hears(state_->options)) {
    wanted.arp = !state_->options.arp_ip_target.empty();
    wanted.nd = !state_->options.ns_ip6_target.empty();
  }
  wanted.arp |= state_->balances_receiving();
  if (state_->path_watch) {
    const auto asked = state_->path_watch->listening(state_->options);
    wanted.arp |= asked.arp;
    wanted.nd |= asked.nd;
    wanted.icmp |= asked.icmp;
    wanted.bfd |= asked.bfd;
    wanted.micro_bfd |= asked.micro_bfd;
  }
  return wanted;
}

/// Whoever shares the wire with a slave can send it anything: what is no whole Ethernet frame, or nothing a
/// protocol of the bond waits for, changes nothing.
Actions Bond::frame_received(IfIndex slave_index, std::span<const std::uint8_t> frame, TimePoint now) {
  Slave* const slave = state_->find(slave_index);
  const auto parsed = wire::parse_ethernet(frame);
  if (!slave || !parsed) return {};
  Turn turn{.now = now};
  const bool is_slow = parsed->header.ethertype == wire::kSlowProtocolsEtherType;
  const bool meant =
      is_slow ? state_->slow_frame_heard(*slave, frame, turn) : state_->frame_heard(*slave, *parsed, turn);
  if (!meant) return {};
  return state_->settle(turn);
}

void Bond::activity(IfIndex slave_index, TimePoint last_rx) {
  if (Slave* const slave = state_->find(slave_index)) slave->last_rx = last_rx;
}

/// By the EtherType behind all VLAN tags, as the driver sees it: an answer is an answer in whatever VLAN.
bool Bond::State::frame_heard(Slave& slave, const wire::EthernetFrame& frame, Turn& turn) {
  bool meant = false;
  if (path_watch) {
    auto news = path_watch->heard(path_view(), slave, frame, turn.now);
    meant = !news.empty();
    take_path_news(std::move(news), turn);
  }
  switch (frame.header.ethertype) {
    case wire::ethertype::kArp:
    case wire::ethertype::kIpv6:
      arp.heard(arp_view(), slave, frame, turn.now);  // it counts at the next inspection
      return (balances_receiving() && client_heard(frame, turn)) || meant;
    default:
      return meant;
  }
}

}  // namespace ebond::core
