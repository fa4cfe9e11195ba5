#include "lab/cable.h"

#include <fmt/format.h>
#include <linux/if.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "lab/loss.h"
#include "lab/must.h"

namespace ebond::lab {
namespace {

constexpr double kBurstSeconds = 0.01;  // a late timer on a busy machine costs no rate
constexpr double kLeastBurst = 16384;   // bytes: ten full frames

void shape_end(const Cable::End& end, double mbps) {
  const double burst = std::max(kLeastBurst, mbps * 1e6 / 8 * kBurstSeconds);
  end.node.must_run({"tc", "qdisc", "replace", "dev", end.interface, "root", "tbf", "rate",
                     fmt::format("{:.0f}bit", mbps * 1e6), "burst", fmt::format("{:.0f}", burst), "latency",
                     "50ms"});
}

}  // namespace

Cable::Cable(End near, End far, std::uint32_t mtu) : near_(std::move(near)), far_(std::move(far)) {
  os::VethPair pair{
      .name = near_.interface, .peer_name = far_.interface, .peer_namespace = &far_.node.netns()};
  if (mtu != 0) pair.mtu = mtu;
  must(near_.node.net().create_veth(pair));
  near_.node.set_up(near_.interface);
  far_.node.set_up(far_.interface);
  // The kernel says so a moment later, in its own time.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  const auto runs = [](const End& side) { return side.node.link(side.interface).operstate == IF_OPER_UP; };
  while (!(runs(near_) && runs(far_)) && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void Cable::pull() {
  far_.node.set_up(far_.interface, false);
  pulled_ = true;
}

void Cable::plug() {
  far_.node.set_up(far_.interface, true);
  pulled_ = false;
}

void Cable::shape(double mbps) {
  shape_end(near_, mbps);
  shape_end(far_, mbps);
  mbps_ = mbps;
}

void Cable::unshape() {
  if (mbps_ == 0) return;
  for (const auto& end : {near_, far_})
    end.node.must_run({"tc", "qdisc", "del", "dev", end.interface, "root"});
  mbps_ = 0;
}

void Cable::lose(Direction direction, double share) {
  const bool to_far = direction == Direction::to_far;
  set_loss(far_.node.netns(), far_.node.link(far_.interface).ifindex,
           to_far ? LossPoint::ingress : LossPoint::egress, share);
  (to_far ? loss_to_far_ : loss_to_near_) = share;
}

void Cable::lose_nothing() {
  if (loss_to_far_ != 0) lose(Direction::to_far, 0);
  if (loss_to_near_ != 0) lose(Direction::to_near, 0);
}

std::string Cable::remarks() const {
  std::string text;
  const auto add = [&](const std::string& remark) { text += (text.empty() ? "" : ", ") + remark; };
  if (pulled_) add("pulled");
  if (mbps_ != 0) add(fmt::format("{:g} Mbit/s", mbps_));
  if (loss_to_far_ != 0) add(fmt::format("loses {:g} % ->", loss_to_far_ * 100));
  if (loss_to_near_ != 0) add(fmt::format("loses {:g} % <-", loss_to_near_ * 100));
  return text;
}

}  // namespace ebond::lab
