// The sending program of a bond (bpf/transmit.h), run in this process on a frame that is sent nowhere: by
// which slaves it would leave, with this table. It is the program that the kernel has, compiled for this
// machine, and no second opinion. What the kernel knows besides (the turn of balance-rr, a socket's own hash,
// a filter's queue) it has not. One thread at a time.
#pragma once

#include <memory>
#include <vector>

#include "core/table.h"
#include "wire/bytes.h"

namespace ebond::os {

class Replay {
 public:
  Replay(const core::DatapathSpec& spec, const core::Table& table);
  Replay(Replay&&) noexcept;
  ~Replay();

  /// The slots by which a whole Ethernet frame leaves, tags included; none if it is dropped.
  std::vector<core::SlotId> leaves_by(wire::ByteView frame) const;

 private:
  struct Image;
  std::unique_ptr<Image> image_;
};

}  // namespace ebond::os
