// Runs a classic BPF program over a frame as the kernel would, for tests of socket filters. It knows the
// instructions that os/filter_rules writes; any other throws.
#pragma once

#include <linux/filter.h>

#include <array>
#include <optional>
#include <stdexcept>

#include "os/frame_filter.h"
#include "wire/bytes.h"

namespace ebond::os::testing {

/// The bytes at `at`, in network order; none beyond the end of the frame, where the kernel refuses it.
inline std::optional<std::uint32_t> load(wire::ByteView frame, std::size_t at, std::size_t size) {
  if (at + size > frame.size()) return std::nullopt;
  std::uint32_t value = 0;
  for (const auto octet : frame.subspan(at, size)) value = value << 8 | octet;
  return value;
}

inline std::size_t size_of(const sock_filter& step) {
  if (BPF_SIZE(step.code) == BPF_B) return 1;
  return BPF_SIZE(step.code) == BPF_H ? 2 : 4;
}

inline bool passes(const FrameFilter& program, wire::ByteView frame) {
  std::uint32_t a = 0, x = 0;
  std::array<std::uint32_t, BPF_MEMWORDS> scratch{};
  for (std::size_t at = 0; at < program.size(); ++at) {
    const sock_filter& step = program[at];
    std::optional<std::uint32_t> loaded;
    switch (step.code) {
      case BPF_LD | BPF_W | BPF_LEN:
        a = static_cast<std::uint32_t>(frame.size());
        break;
      case BPF_LD | BPF_B | BPF_ABS:
      case BPF_LD | BPF_H | BPF_ABS:
      case BPF_LD | BPF_W | BPF_ABS:
        if (loaded = load(frame, step.k, size_of(step)); !loaded) return false;
        a = *loaded;
        break;
      case BPF_LD | BPF_B | BPF_IND:
      case BPF_LD | BPF_H | BPF_IND:
      case BPF_LD | BPF_W | BPF_IND:
        if (loaded = load(frame, std::size_t{x} + step.k, size_of(step)); !loaded) return false;
        a = *loaded;
        break;
      case BPF_LD | BPF_MEM:
        a = scratch.at(step.k);
        break;
      case BPF_LDX | BPF_MEM:
        x = scratch.at(step.k);
        break;
      case BPF_LDX | BPF_IMM:
        x = step.k;
        break;
      case BPF_ST:
        scratch.at(step.k) = a;
        break;
      case BPF_STX:
        scratch.at(step.k) = x;
        break;
      case BPF_MISC | BPF_TAX:
        x = a;
        break;
      case BPF_MISC | BPF_TXA:
        a = x;
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        a &= step.k;
        break;
      case BPF_ALU | BPF_ADD | BPF_K:
        a += step.k;
        break;
      case BPF_ALU | BPF_ADD | BPF_X:
        a += x;
        break;
      case BPF_ALU | BPF_LSH | BPF_K:
        a <<= step.k;
        break;
      case BPF_JMP | BPF_JA:
        at += step.k;
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        at += a == step.k ? step.jt : step.jf;
        break;
      case BPF_JMP | BPF_JGE | BPF_K:
        at += a >= step.k ? step.jt : step.jf;
        break;
      case BPF_RET | BPF_K:
        return step.k != 0;
      default:
        throw std::logic_error("an instruction this interpreter does not know");
    }
  }
  throw std::logic_error("a program that ends without a verdict");
}

}  // namespace ebond::os::testing
