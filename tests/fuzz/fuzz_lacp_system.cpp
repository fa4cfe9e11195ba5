// LACPDUs, links, settings and time, in any order, into lacp::System. The input is a program: an opcode byte,
// then its operands. PDUs are a few bytes laid over a plausible one, so that the fuzzer gets past the parser.
//
// Aborts if the machines do not converge (System throws), a deadline does not pass, two aggregators carry at
// once, a port sends that has no link or does not accept, or a memory does not restore what carried.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "core/lacp/system.h"
#include "wire/bytes.h"
#include "wire/lacpdu.h"
#include "wire/marker.h"

using namespace ebond::core;
using namespace ebond::core::lacp;
using ebond::wire::Reader;

namespace {

constexpr int kPorts = 4;

class Program {
 public:
  explicit Program(ebond::wire::ByteView code) : code_(code) {
    settings_.system = MacAddress({2, 0, 0, 0, 0, 1});
    system_ = System(settings_);
  }

  void run() {
    while (code_.ok() && code_.left() > 0) {
      step(code_.u8());
      check();
    }
  }

 private:
  void step(std::uint8_t opcode) {
    const IfIndex port{static_cast<std::uint32_t>(opcode >> 4) % kPorts + 1};
    switch (opcode % 8) {
      case 0:
        change_port(port);
        break;
      case 1:
        system_.remove_port(port, now_);
        facts_.erase(port);
        break;
      case 2:
      case 3:
        hear(port, opcode % 8 == 3);
        break;
      case 4:
        pass(std::chrono::milliseconds(code_.u16()));
        break;
      case 5:
        change_settings();
        break;
      case 6:
        raw_frame(port);
        break;
      case 7:
        restart();
        break;
    }
  }

  void change_port(IfIndex port) {
    static constexpr std::uint32_t kSpeeds[] = {0, 10, 1000, 10000};
    const auto bits = code_.u8();
    PortFacts facts;
    facts.id = port;
    facts.name = "p";
    facts.mac = MacAddress({2, 0, 0, 0, 1, static_cast<std::uint8_t>(std::to_underlying(port))});
    facts.link = {.carrier = (bits & 1) != 0,
                  .speed_mbps = kSpeeds[bits >> 1 & 3],
                  .duplex = (bits & 8) ? Duplex::half : Duplex::full};
    facts.port_priority = bits >> 4;
    facts.is_held = !facts.link.carrier && (bits & 0x40) != 0;
    facts_[port] = facts;
    system_.add_port(facts, now_);
  }

  void hear(IfIndex port, bool knows_us) {
    ebond::wire::Lacpdu pdu;
    const auto who = code_.u8();
    pdu.actor = {100,
                 MacAddress({2, 0, 0, 0, 0, static_cast<std::uint8_t>(1 + who % 4)}),
                 static_cast<std::uint16_t>(who >> 2 & 3),
                 1,
                 static_cast<std::uint16_t>(who >> 4),
                 ebond::wire::LacpState(code_.u8())};
    if (knows_us && system_.has_port(port)) {
      const auto us = system_.port_status(port).actor;
      pdu.partner = {us.system_priority, us.system,      us.key,
                     us.port_priority,   us.port_number, ebond::wire::LacpState(us.state)};
    }
    hear(port, ebond::wire::build_lacpdu(MacAddress{}, pdu));
  }

  void pass(Duration time) {
    const auto end = now_ + time;
    for (int i = 0;; ++i) {
      const auto next = system_.next_deadline();
      if (!next || *next > end) break;
      if (i > 10'000) std::abort();
      now_ = std::max(now_, *next);
      system_.advance(now_);
      if (const auto after = system_.next_deadline(); after && *after <= now_) std::abort();
    }
    now_ = end;
  }

  void change_settings() {
    const auto bits = code_.u8();
    settings_.active = (bits & 1) == 0;
    settings_.rate = (bits & 2) ? LacpRate::fast : LacpRate::slow;
    settings_.coupled_control = (bits & 4) == 0;
    settings_.strict = (bits & 8) != 0;
    settings_.fallback = (bits & 16) != 0;
    settings_.ad_select = static_cast<AdSelect>(bits >> 5 & 3);
    settings_.min_links = bits >> 7;
    settings_.user_port_key = bits >> 6;
    system_.configure(settings_, now_);
  }

  void raw_frame(IfIndex port) {
    const std::size_t size = std::min<std::size_t>(code_.u8(), code_.left());
    auto frame = ebond::wire::build_marker(MacAddress{}, {});
    const auto overlay = code_.take(size);
    for (std::size_t i = 0; i < overlay.size() && 14 + i < frame.size(); ++i) frame[14 + i] = overlay[i];
    hear(port, frame);
  }
  void hear(IfIndex port, const ebond::wire::Bytes& frame) {
    if (const auto parsed = ebond::wire::parse_ethernet(frame)) system_.frame_received(port, *parsed, now_);
  }

  void restart() {
    std::vector<PortFacts> ports;
    std::map<IfIndex, bool> sent;
    for (const auto& [id, facts] : facts_) {
      ports.push_back(facts);
      sent[id] = system_.may_distribute(id);
    }
    system_ = System::restore(settings_, system_.memory(), ports, now_);
    for (const auto& [id, did] : sent) {
      if (did && !system_.may_distribute(id)) std::abort();
    }
    system_.advance(now_);
  }

  void check() const {
    std::uint16_t aggregator = 0;
    for (const auto& [id, facts] : facts_) {
      const auto status = system_.port_status(id);
      const bool sends = system_.may_distribute(id), accepts = system_.may_collect(id);
      if (sends && !accepts) std::abort();
      if (accepts && !facts.link.carrier) std::abort();
      if (sends != status.advice.empty()) std::abort();
      if (!accepts) continue;
      if (aggregator != 0 && aggregator != status.aggregator_id) std::abort();
      aggregator = status.aggregator_id;
      if (system_.active_aggregator() != aggregator) std::abort();
    }
  }

  Reader code_;
  TimePoint now_{std::chrono::seconds(1000)};
  Settings settings_;
  System system_{Settings{}};
  std::map<IfIndex, PortFacts> facts_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Program({data, size}).run();
  return 0;
}
