// splitmix64 (Steele, Lea, Flood 2014): a stream of numbers from a seed.
//
// Used for BFD's discriminators and jitter and for the nonces of echoes. Not for keys: one who sees a whole
// number can compute the next.
#pragma once

#include <cstdint>

namespace ebond::core {

inline std::uint64_t splitmix64(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

}  // namespace ebond::core
