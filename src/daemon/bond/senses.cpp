#include "daemon/bond/senses.h"

#include <algorithm>
#include <utility>

namespace ebond::daemon {
namespace {

/// How often routes to targets are asked for. Nobody listens for them: a router has more of them, and more
/// news of them, than a bond has targets.
constexpr std::chrono::milliseconds kRoutesAskedEvery{200};

/// For so long after a device was asked, what netlink tells of it may have been sent before.
constexpr std::chrono::seconds kNewsMayBeLate{1};

/// ENODEV: a slave that has gone is not heard, and its news is on the way.
os::Result<> first_of(const std::vector<os::Error>& failures) {
  for (const auto& failure : failures) {
    if (failure.errno_value != ENODEV) return std::unexpected(failure);
  }
  return {};
}

}  // namespace

Senses::Senses(Hands& hands, core::Bond& bond, os::BondDevice device, const UpperHalf& upper,
               const Slaves& slaves, Dues& dues, Told told)
    : hands_(hands),
      bond_(bond),
      device_(device),
      slaves_(slaves),
      dues_(dues),
      told_(std::move(told)),
      ears_(hands.make_ears(
          [this](os::IfIndex slave, const auto& frames) { told_.frames_heard(slave, frames); })),
      sent_ears_(hands.make_ears([this](os::IfIndex, const auto& frames) { told_.frames_sent(frames); })),
      watch_(hands.watch_links([this](const auto& answers) { links_answered(answers); })),
      way_finder_(upper),
      ways_alarm_(hands.make_alarm()) {}

void Senses::listen() {
  watch_links();
  Ears::Wanted wanted;
  for (const auto& slot : bond_.table().slots) wanted.emplace(slot.ifindex, bond_.listening(slot.ifindex));
  dues_.note("cannot listen on a slave", first_of(ears_->hear(wanted)));
  dues_.note("cannot listen to what it sends",
             first_of(sent_ears_->hear({{device_.lower(), bond_.listening_to_itself()}})));
  for (const auto& [slave, listening] : wanted) {
    const auto mac = bond_.probe_mac(slave);
    if (!mac) continue;
    dues_.note_unless_refused("cannot receive answers to the probes of " + slaves_.name_of(slave),
                              ears_->hear_also(slave, *mac));
  }
}

core::LinkState Senses::read_link(os::IfIndex slave) {
  const auto asked = hands_.now();
  auto state = hands_.link_state(slaves_.name_of(slave), bond_.options().use_carrier);
  if (state) {
    read_at_[slave] = asked;
    return *state;
  }
  // A device that is not there or cannot tell is down. What could not be asked stays as it was.
  const bool is_answer = state.error().errno_value == ENODEV || state.error().errno_value == EOPNOTSUPP;
  const auto* known = bond_.find(slave);
  auto link = is_answer || known == nullptr ? core::LinkState{} : known->link;
  if (is_answer || !bond_.options().use_carrier) return link;
  // Netlink may know all the same.
  if (const auto told = hands_.link(slave)) link.carrier = told->is_up() && told->carrier();
  return link;
}

void Senses::watch_links() {
  LinkWatch::Wanted wanted{.every = bond_.polled_every(), .use_carrier = bond_.options().use_carrier};
  for (const auto& slave : bond_.slaves()) {
    wanted.links.push_back({slave.ifindex, slaves_.name_of(slave.ifindex), slave.link});
  }
  watch_->watch(wanted);
}

bool Senses::is_older_than_read(os::IfIndex slave, core::TimePoint when) const {
  const auto read = read_at_.find(slave);
  return read != read_at_.end() && when < read->second;
}

core::TimePoint Senses::lost(os::IfIndex slave, const LinkWatch::Cause& cause) {
  lost_at_[slave] = hands_.now();
  watch_->look_closer(slave);  // speed and duplex of a link that is down are shown, too
  return std::min(cause.heard, watch_->seen_lost(slave).value_or(cause.heard));
}

std::optional<core::TimePoint> Senses::link_told(const os::LinkInfo& link, core::TimePoint heard) {
  const auto* known = bond_.find(link.ifindex);
  if (known == nullptr) return std::nullopt;
  const LinkWatch::Cause cause{.source = core::LinkSource::netlink, .heard = heard};
  const bool up = link.is_up() && link.carrier();
  if (!up && known->link.carrier && is_older_than_read(link.ifindex, heard - kNewsMayBeLate)) {
    watch_->ask(link.ifindex, cause);
    return std::nullopt;
  }
  // One that is set down carries nothing, and cannot be asked while it is unplugged.
  if (!link.is_up() && known->link.carrier) return lost(link.ifindex, cause);
  // MII registers need not say what netlink says.
  if (up == known->link.carrier || !bond_.options().use_carrier) {
    watch_->look_closer(link.ifindex);
  } else if (up) {
    watch_->ask(link.ifindex, cause);
  } else {
    return lost(link.ifindex, cause);
  }
  return std::nullopt;
}

std::optional<core::TimePoint> Senses::carrier_told(os::IfIndex slave, bool carrier, core::TimePoint when) {
  const LinkWatch::Cause cause{.source = core::LinkSource::hook, .heard = when};
  if (!carrier && !is_older_than_read(slave, when)) return lost(slave, cause);
  watch_->ask(slave, cause);
  return std::nullopt;
}

void Senses::links_answered(std::vector<LinkWatch::Answer> answers) {
  std::erase_if(answers, [&](const LinkWatch::Answer& answer) {
    const auto lost = lost_at_.find(answer.ifindex);
    if (lost == lost_at_.end() || answer.asked > lost->second) return false;
    watch_->look_closer(answer.ifindex);
    return true;
  });
  if (!answers.empty()) told_.links_answered(answers);
}

void Senses::address_changed(os::IfIndex device) {
  if (targets_.empty() || !way_finder_.concerns(device)) return;
  way_finder_.forget();
  look_around();
}

void Senses::look_for_new_targets() {
  if (targets_ != bond_.targets()) look_around();
}

void Senses::look_around() {
  auto targets = bond_.targets();
  const bool other_targets = targets != targets_;
  targets_ = std::move(targets);
  auto around = targets_.empty() ? core::Surroundings{} : way_finder_.look(targets_);
  if (around != around_) {
    around_ = around;
    bond_.surroundings(std::move(around));
    told_.ways_changed();
  }
  if (!other_targets) return;
  told_.targets_changed();
  watch_ways();
}

void Senses::watch_ways() {
  ways_alarm_->cancel();
  if (targets_.empty()) return;
  ways_alarm_->set(hands_.now() + kRoutesAskedEvery, [this] {
    told_.guarded([this] {
      look_around();
      watch_ways();
    });
  });
}

void Senses::stop() {
  ways_alarm_->cancel();
  watch_->watch({});
}

}  // namespace ebond::daemon
