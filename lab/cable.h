// A cable between two nodes of the lab: a veth pair that can be pulled, plugged, shaped and made to lose
// frames.
//
// Everything but the shaping happens at the far end, so that the near end (the bond's slave, mostly) keeps
// its TC hooks and its administrative state to itself. A port of a Switch that just came up forwards only
// after about 400 ms.
#pragma once

#include <cstdint>
#include <string>

#include "lab/node.h"

namespace ebond::lab {

class Cable {
 public:
  struct End {
    Node& node;
    std::string interface;
  };
  /// Makes both interfaces, up and with carrier. MTU 0: the kernel's choice.
  Cable(End near, End far, std::uint32_t mtu = 0);

  /// The near end loses its carrier (the far end goes down).
  void pull();
  void plug();
  bool pulled() const { return pulled_; }

  /// Both directions carry at most so many megabits a second (tbf, Ethernet headers counted); queue of 50 ms.
  void shape(double mbps);
  void unshape();

  enum class Direction { to_far, to_near };
  /// Loses that share of the frames, 0 … 1, of one direction; carrier stays. 1 is a one-way dead link.
  void lose(Direction direction, double share);
  void lose_nothing();

  const End& near() const { return near_; }
  const End& far() const { return far_; }
  /// For the drawing: "50 Mbit/s", "loses 30 % ->"; empty for a plain cable.
  std::string remarks() const;

 private:
  End near_, far_;
  bool pulled_ = false;
  double mbps_ = 0;
  double loss_to_far_ = 0, loss_to_near_ = 0;
};

}  // namespace ebond::lab
