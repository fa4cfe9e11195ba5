// Frames, settings and time, in any order, into a BFD session. The input is a program: an opcode byte, then
// its operands. Packets are laid over one that the session takes, so that the fuzzer gets past the checks.
//
// Aborts if the session sends what a peer would have to drop, is Up without having heard from anybody for
// a detection time, does not let a deadline pass, or never has a next packet to send to a peer that wants
// one.
#include <cstdint>
#include <cstdlib>

#include "core/bfd/frames.h"
#include "core/bfd/session.h"
#include "wire/bytes.h"

using namespace ebond::core;
using namespace ebond::core::bfd;
using ebond::wire::BfdControl;
using ebond::wire::BfdState;

namespace {

constexpr Ends kEnds{.ours = ebond::wire::Ipv4Address{192, 0, 2, 1},
                     .theirs = ebond::wire::Ipv4Address{192, 0, 2, 2},
                     .port = kMemberPort};
constexpr Ends kBack{.ours = kEnds.theirs, .theirs = kEnds.ours, .port = kMemberPort};

class Program {
 public:
  explicit Program(ebond::wire::ByteView code) : code_(code) {}

  void run() {
    while (code_.ok() && code_.left() > 0) {
      step(code_.u8());
      check();
    }
  }

 private:
  void step(std::uint8_t opcode) {
    switch (opcode % 6) {
      case 0:
      case 1:
        hear(packet(opcode));
        break;
      case 2:
        pass(std::chrono::milliseconds(code_.u16()));
        break;
      case 3:
        pass(std::chrono::microseconds(code_.u16()));
        break;
      case 4:
        session_.configure({.interval = Milliseconds(1 + code_.u8()),
                            .multiplier = static_cast<std::uint8_t>(code_.u8() | 1)},
                           now_);
        break;
      case 5:
        raw_frame();
        break;
    }
  }

  BfdControl packet(std::uint8_t opcode) {
    const auto bits = code_.u8();
    return {.diagnostic = ebond::wire::BfdDiagnostic{static_cast<std::uint8_t>(code_.u8() & 0x1f)},
            .state = BfdState{static_cast<std::uint8_t>(bits >> 6)},
            .poll = (bits & 1) != 0,
            .final = (bits & 2) != 0,
            .demand = (bits & 4) != 0,
            .detect_mult = static_cast<std::uint8_t>(code_.u8() | 1),
            .my_discriminator = 1U + code_.u8() % 2,
            .your_discriminator = opcode & 0x80 ? 0 : session_.local_discriminator(),
            .desired_min_tx_us = code_.u16() * 10U,
            .required_min_rx_us = code_.u16() * 10U};
  }

  void hear(const BfdControl& packet) {
    const bool was_up = session_.is_up();
    const bool taken = session_.hear(packet, now_);
    if (was_up && !session_.is_up() && !taken) std::abort();
  }

  void raw_frame() {
    auto frame = make_frame(ebond::wire::kMicroBfdGroup, MacAddress({2, 0, 0, 0, 0, 1}), {}, kBack,
                            {.my_discriminator = 1, .your_discriminator = session_.local_discriminator()});
    const std::size_t at = 14 + code_.u8() % 60;
    const auto overlay = code_.take(std::min<std::size_t>(code_.u8() % 32, code_.left()));
    for (std::size_t i = 0; i < overlay.size() && at + i < frame.size(); ++i) frame[at + i] = overlay[i];
    const auto parsed = ebond::wire::parse_ethernet(frame);
    if (!parsed) return;
    if (const auto heard = read_frame(*parsed, kEnds)) hear(*heard);
  }

  void pass(Duration time) {
    const auto end = now_ + time;
    for (int i = 0;; ++i) {
      session_.expire(now_);
      while (const auto sent = session_.take_packet(now_)) taken_by_a_peer(*sent);
      const auto next = session_.next_deadline();
      if (!next || *next > end) break;
      if (i > 200'000 || *next <= now_) std::abort();
      now_ = *next;
    }
    now_ = end;
  }

  static void taken_by_a_peer(const BfdControl& sent) {
    const auto again = ebond::wire::parse_bfd(ebond::wire::build_bfd(sent));
    if (!again || *again != sent || (sent.poll && sent.final)) std::abort();
  }

  void check() const {
    if (!session_.is_up()) return;
    if (!session_.last_heard() || session_.remote_discriminator() == 0) std::abort();
  }

  ebond::wire::Reader code_;
  TimePoint now_{std::chrono::seconds(1000)};
  Session session_{{.interval = Milliseconds{10}, .multiplier = 3}, 1, now_};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Program({data, size}).run();
  return 0;
}
