#include "lab/lab.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lab/leftovers.h"

namespace ebond::lab {
namespace {

/// The cables between one pair of nodes.
struct Bundle {
  const Node* left;
  const Node* right;
  std::vector<const Cable*> cables;
};

std::vector<Bundle> bundles_of(const std::vector<std::unique_ptr<Cable>>& cables) {
  std::vector<Bundle> bundles;
  for (const auto& cable : cables) {
    const Node* left = &cable->near().node;
    const Node* right = &cable->far().node;
    auto same =
        std::ranges::find_if(bundles, [&](const Bundle& b) { return b.left == left && b.right == right; });
    if (same == bundles.end()) same = bundles.insert(bundles.end(), Bundle{left, right, {}});
    same->cables.push_back(cable.get());
  }
  return bundles;
}

std::string draw_bundle(const Bundle& bundle) {
  constexpr std::size_t kWire = 13;
  const auto& left = bundle.left->name();
  const auto& right = bundle.right->name();
  std::size_t near_width = 0;
  std::size_t far_width = 0;
  for (const auto* cable : bundle.cables) {
    near_width = std::max(near_width, cable->near().interface.size());
    far_width = std::max(far_width, cable->far().interface.size());
  }
  const auto edge = fmt::format("  +-{0:-<{1}}-+{2:{3}}+-{0:-<{4}}-+\n", "", left.size(), "",
                                near_width + far_width + kWire + 4, right.size());
  std::string text = edge;
  for (std::size_t i = 0; i < bundle.cables.size(); ++i) {
    const auto& cable = *bundle.cables[i];
    const auto remarks = cable.remarks();
    text += fmt::format("  | {:{}} | {:{}} {} {:>{}} | {:{}} |{}{}\n", i == 0 ? left : "", left.size(),
                        cable.near().interface, near_width,
                        cable.pulled() ? "-----x x-----" : "-------------", cable.far().interface, far_width,
                        i == 0 ? right : "", right.size(), remarks.empty() ? "" : "  ", remarks);
  }
  return text + edge;
}

}  // namespace

Host& Lab::host(const std::string& name) {
  auto made = std::make_unique<Host>(name);
  auto& host = *made;
  nodes_.push_back(std::move(made));
  return host;
}

Switch& Lab::switch_(const std::string& name) {
  auto made = std::make_unique<Switch>(name);
  auto& device = *made;
  nodes_.push_back(std::move(made));
  return device;
}

Cable& Lab::cable(Node& near, const std::string& near_interface, Node& far, const std::string& far_interface,
                  std::uint32_t mtu) {
  return *cables_.emplace_back(
      std::make_unique<Cable>(Cable::End{near, near_interface}, Cable::End{far, far_interface}, mtu));
}

Cable& Lab::cable(Node& near, const std::string& near_interface, Switch& far, std::uint32_t mtu) {
  const auto port = far.next_port();
  auto& made = cable(near, near_interface, far, port, mtu);
  far.adopt(port);
  return made;
}

std::string Lab::draw() const {
  std::string text;
  for (const auto& bundle : bundles_of(cables_)) text += draw_bundle(bundle);
  return text;
}

int Lab::sweep() {
  return sweep_namespaces();
}

}  // namespace ebond::lab
