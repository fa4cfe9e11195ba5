#include "daemon/bond/runner.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/interface_name.h"
#include "core/options/option_table.h"
#include "daemon/bond/adoption.h"
#include "daemon/bond/birth.h"
#include "daemon/bond/identity.h"
#include "daemon/errors.h"
#include "views/proc_text.h"
#include "wire/nd.h"

namespace ebond::daemon {

namespace {

using Kind = control::Error::Kind;

constexpr const char* kState = "cannot save its state";
constexpr const char* kProc = "cannot write its proc text";

control::Result<> check_name(Hands& hands, const std::string& name) {
  if (const auto fault = core::interface_name_fault(name); !fault.empty()) {
    return refuse(Kind::bad_option, fault);
  }
  if (hands.link(name)) {
    return refuse(Kind::conflict,
                  fmt::format("an interface named {} exists already: choose another name", name));
  }
  return {};
}

}  // namespace

Runner::Runner(BondHost& host, std::shared_ptr<Hands> hands, os::BondDevice device, std::string cookie,
               std::uint32_t mtu, std::unique_ptr<Programs> programs, core::Bond bond)
    : host_(host),
      hands_(std::move(hands)),
      device_(device),
      home_(*hands_),
      upper_(*hands_, home_, device.upper()),
      bond_(std::move(bond)),
      programs_(std::move(programs)),
      reporter_(home_, bond_, [this](const auto& event) { host_.publish(home_.hands(), event); }),
      dues_(reporter_),
      slaves_(*hands_, home_, reporter_, dues_, device_, upper_, mtu, [this] { write_state(); }),
      senses_(*hands_, bond_, device_, upper_, slaves_, dues_,
              {.frames_heard = [this](os::IfIndex slave,
                                      const auto& frames) { guard([&] { frames_heard(slave, frames); }); },
               .frames_sent = [this](const auto& frames) { guard([&] { frames_sent(frames); }); },
               .links_answered = [this](const auto& answers) { guard([&] { links_answered(answers); }); },
               .ways_changed = [this] { rearm(); },
               .targets_changed = [this] { multicast_changed(); },
               .guarded = [this](const auto& work) { guard(work); }}),
      executor_(*hands_, bond_, device_, upper_, *programs_, slaves_, senses_, clock_, dues_, reporter_,
                [this] { look_behind_elsewhere(); }),
      enslavement_(
          {*hands_, home_, bond_, *programs_, slaves_, absentees_, senses_, executor_, dues_, reporter_},
          [this] { return save(); }),
      mending_(*hands_, bond_, device_, slaves_, dues_, reporter_),
      files_(host.disk, host.directory, RunDirectory::bond_key(hands_->where(), device.upper())),
      cookie_(std::move(cookie)),
      alarm_(hands_->make_alarm()) {}

namespace {

/// Where the slaves of a new bond are to stand: where it belongs, or in a namespace that is made for them.
os::Result<std::shared_ptr<Hands>> make_ground(const std::shared_ptr<Hands>& home,
                                               const std::string& own_netns, const std::string& cookie) {
  if (own_netns.empty()) return home;
  auto made = home->make_namespace(own_netns, cookie);
  if (made || made.error().errno_value != EEXIST) return made;
  return os::errno_error(
      fmt::format("there is a network namespace {} already, and the slaves were to stand in "
                  "one of that name: delete it (`ip netns del {}`), or choose another name",
                  own_netns, own_netns),
      EEXIST);
}

}  // namespace

control::Result<std::unique_ptr<Runner>> Runner::create(BondHost& host, std::shared_ptr<Hands> home,
                                                        const std::string& name,
                                                        const control::KeyValues& options, Made made_as) {
  if (auto ok = check_name(*home, name); !ok) return std::unexpected(ok.error());
  core::BondOptions parsed;
  if (auto ok = core::apply_options(parsed, daemon::with_true_names(*home, options), {}); !ok) {
    return refuse(ok.error());
  }

  auto cookie = home->make_cookie();
  const auto own_netns = parsed.slaves_away ? own_netns_of(name) : std::string();
  auto birth = Birth::begin(host.disk, host.directory, *home, name, cookie, own_netns);
  if (!birth) return refuse(birth.error());
  auto ground = make_ground(home, own_netns, cookie);
  if (!ground) return refuse(ground.error());
  auto hands = std::move(*ground);
  const auto leave_ground = [&birth, hands, own_netns] {
    if (!own_netns.empty() && !hands->take_name_off(own_netns)) birth->stay();
  };
  const auto wanted = core::needs_veth(parsed.mode) ? core::Bond0Device::veth : parsed.bond0_device;
  auto device = hands->create_device(name, cookie, wanted);
  if (!device) {
    leave_ground();
    return refuse(device.error());
  }
  // Both halves go with the lower one, wherever the other is.
  const auto half = own_netns.empty() ? device->upper() : device->lower();
  const auto give_up = [&birth, leave_ground, hands, half](const os::Error& error) {
    const auto gone = hands->delete_link(half);
    if (!gone && gone.error().errno_value != ENODEV) {
      birth->stay();
    } else {
      leave_ground();
    }
    return refuse(error);
  };
  if (!own_netns.empty()) {
    if (auto moved = hands->move_link(device->upper(), *home, {}); !moved) {
      return give_up(moved.error());
    }
  }
  auto link = own_netns.empty() ? hands->link(device->upper()) : home->link(name);
  if (!link) return give_up(link.error());
  core::Bond bond(name, device->upper(), link->mac, false, parsed);
  const auto key = RunDirectory::bond_key(hands->where(), device->upper());
  auto programs =
      hands->create_programs(host.directory.bond_pin_dir(key), bond.datapath_spec(), device->lower());
  if (!programs) return give_up(programs.error());
  std::unique_ptr<Runner> made(
      new Runner(host, hands, *device, std::move(cookie), link->mtu, std::move(*programs), std::move(bond)));
  if (!own_netns.empty()) {
    made->belong_to(
        home, {.where = home->where(), .namespace_cookie = home->namespace_cookie(), .own_netns = own_netns});
    FoundUpper upper{.link = *link, .apart = home};
    made->place_upper(upper);
  }
  made->in_part_ = made_as == Made::in_part;
  if (auto saved = made->save(); !saved) {
    made->forget_files();
    return give_up(saved.error());
  }
  made->reporter_.report({.kind = core::EventKind::created, .to = std::string(core::mode_name(parsed.mode))});
  made->settle();
  return made;
}

void Runner::belong_to(std::shared_ptr<Hands> home, StoredHome stored) {
  if (home) {
    home_.is_now_elsewhere(host_.belong(std::move(home), *this), stored.own_netns);
  } else {
    home_.is_gone();
  }
  stored_home_ = std::move(stored);
}

os::Result<std::unique_ptr<Runner>> Runner::adopt(BondHost& host, std::shared_ptr<Hands> hands,
                                                  std::shared_ptr<Hands> home, StoredBond stored) {
  Places places{*hands, stored.home ? home.get() : hands.get()};
  auto upper = find_adopted(places, host.disk, host.directory, stored);
  if (!upper) return std::unexpected(upper.error());
  auto bond = core::Bond::restore(stored.memory, hands->now());
  const auto key = RunDirectory::bond_key(stored.where, stored.memory.ifindex);
  const auto pins = host.directory.bond_pin_dir(key);
  auto programs = find_programs(*hands, pins, bond, stored);
  if (!programs) return std::unexpected(programs.error());
  const auto device = os::BondDevice::adopt(stored.memory.ifindex, stored.lower);
  std::unique_ptr<Runner> made(new Runner(host, std::move(hands), device, stored.cookie, upper->link.mtu,
                                          std::move(*programs), std::move(bond)));
  if (stored.home) made->belong_to(std::move(home), *stored.home);
  made->place_upper(*upper);
  made->clock_.restore(std::move(stored.last_failover), std::move(stored.failovers));
  made->since_.restore(std::move(stored.since));
  for (auto& absent : stored.absent) made->absentees_.left(std::move(absent));
  made->ending_ = stored.ending;
  made->vlans_elsewhere_ = std::move(stored.vlans_elsewhere);
  const auto taken = take_over_slaves(*made->hands_, pins, made->bond_, *made->programs_, made->slaves_,
                                      stored, made->dues_);
  const auto programs_taken = take_over_programs(*made->programs_, made->bond_, taken.present);
  made->executor_.note_programs(programs_taken ? taken.looked : programs_taken);
  made->executor_.note_bond_mac(put_back_bond_mac(made->upper_.hands(), upper->link, stored));
  if (made->ending_) {
    if (auto ended = made->destroy(); !ended) return made;
    return os::errno_error(fmt::format("the deletion of {} was cut short and is finished now", made->name()),
                           ENODEV);
  }
  for (const auto slave : taken.gone) {
    // One whose release was cut short may have got home before.
    const auto* originals = made->slaves_.find(slave);
    if (originals != nullptr && originals->leaving && originals->at_home) continue;
    made->lose(nothing_of(slave), made->hands_->now());
  }
  for (const auto slave : made->slaves_.leaving()) {
    (void)made->enslavement_.release(slave, made->hands_->now());
  }
  for (const auto& [slot, slave] : taken.present) {
    if (made->slaves_.has(slave)) made->enslavement_.look_for_own_vlans(slave);
  }
  made->reporter_.report({.kind = core::EventKind::adopted});
  (void)made->executor_.carry_out({core::action::PublishTable{}}, made->hands_->now());
  made->enslavement_.watch_carriers();
  if (!made->resynchronise()) return os::errno_error(fmt::format("{} is gone", made->name()), ENODEV);
  // An earlier daemon may have left one promiscuous (balance-alb).
  for (const auto& originals : made->slaves_.originals()) {
    if (!originals.leaving) made->slaves_.follow_flags_on(originals.ifindex);
  }
  return made;
}

// After something happened

void Runner::guard(const std::function<void()>& work) {
  if (!failed_.empty() || over_) return;
  try {
    work();
  } catch (const std::exception& error) {
    failed_ = fmt::format("an error in ebondd ended its work for this bond: {}", error.what());
    alarm_->cancel();
    senses_.stop();
    reporter_.report({.kind = core::EventKind::failed, .why = error.what()});
  }
}

void Runner::end_news() {
  in_news_ = false;
  if (std::exchange(stack_news_, false) && follow_filter()) put_off_ = Settling::all;
  const auto due = std::exchange(put_off_, Settling::nothing);
  if (due == Settling::all) settle();
  if (due == Settling::alarm) rearm();
}

void Runner::settle() {
  if (in_news_) {
    put_off_ = Settling::all;
    return;
  }
  senses_.look_for_new_targets();
  senses_.listen();
  const auto status = bond_.status(hands_->now());
  since_.follow(status, hands_->realtime_ns());
  write_state();
  write_proc(status);
  set_alarm();
}

void Runner::settle_if(bool to_write) {
  if (to_write) {
    settle();
  } else {
    rearm();  // what found all as it was leaves nothing to write
  }
}

void Runner::rearm() {
  if (in_news_) {
    put_off_ = std::max(put_off_, Settling::alarm);
    return;
  }
  senses_.listen();
  set_alarm();
}

void Runner::set_alarm() {
  reporter_.say_what_was_left_out();
  auto next =
      core::earlier(core::earlier(bond_.next_deadline(), files_.state_due()), reporter_.room_in_the_log());
  next = core::earlier(next, core::earlier(dues_.next(hands_->now()), mending_.next()));
  if (!next) return alarm_->cancel();
  alarm_->set(*next, [this] { guard([this] { deadline_reached(); }); });
}

void Runner::deadline_reached() {
  // What came in meanwhile counts first: a daemon that was kept from running must not take its own silence
  // for its slaves'.
  senses_.drain();
  tell_activity();
  const auto now = hands_->now();
  // What follows is known since the time was over, however late this is called. "At once" is no time.
  const auto over = bond_.next_deadline().value_or(now);
  const bool to_write =
      executor_.carry_out(bond_.advance(now), over > core::TimePoint{} ? std::min(over, now) : now);
  const auto due = files_.state_due();
  mending_.look_at_due(now);
  if (dues_.is_time(now)) return try_again();
  settle_if(to_write || (due && *due <= now));
}

void Runner::try_again() {
  dues_.begin_try(hands_->now());
  if (ending_) {
    if (auto ended = end(); !ended) return rearm();
    return be_over();
  }
  if (dues_.has(kLookingAtAll) && !resynchronise()) {
    return be_over();
  }
  executor_.try_again();
  mending_.look_at_all();
  slaves_.try_again();
  enslavement_.try_again();
  if (dues_.has(kGroups)) multicast_changed();
  if (dues_.has(kRepairs)) repair_programs();
  if (dues_.has(kPins)) look_at_files();
  if (dues_.has(kOwnNetns)) keep_own_netns();
  settle();
}

void Runner::be_over() {
  over_ = true;
  host_.is_over();
}

void Runner::tell_activity() {
  if (!bond_.datapath_spec().stamp_rx) return;
  for (const auto& slot : bond_.table().slots) {
    if (const auto last_rx = programs_->last_rx(slot.slot)) bond_.activity(slot.ifindex, *last_rx);
  }
}

os::Result<> Runner::save(bool always) {
  StoredBond stored{.where = hands_->where(),
                    .boot_id = host_.boot_id,
                    .namespace_cookie = hands_->namespace_cookie(),
                    .cookie = cookie_,
                    .label = home_.hands().label(),
                    .lower = device_.lower(),
                    .memory = before_ ? *before_ : bond_.memory(),
                    .originals = slaves_.originals(),
                    .absent = absentees_.all(),
                    .last_failover = clock_.latest(),
                    .failovers = clock_.history(),
                    .since = since_.memory(),
                    .ending = ending_ || in_part_,
                    .home = stored_home_,
                    .vlans_elsewhere = vlans_elsewhere_};
  for (const auto& [vlan, looks] : vlans_that_left_) stored.vlans_elsewhere.insert(vlan);
  return files_.write_state(std::move(stored), hands_->now(), always);
}

void Runner::write_state() {
  dues_.note(kState, save());
}

void Runner::keep_own_netns() {
  if (ending_ || over_ || !stored_home_) return;
  const auto kept = hands_->name_again(stored_home_->own_netns);
  dues_.note(kOwnNetns, os::outcome_of(kept));
  if (kept && *kept) {
    reporter_.report(
        {.kind = core::EventKind::warning,
         .why = fmt::format("the network namespace {} of its slaves was deleted, and has its name "
                            "again",
                            stored_home_->own_netns)});
  }
  if (!dues_.empty()) set_alarm();
}

void Runner::look_at_files() {
  if (ending_) return;
  const auto warn = [this](const char* what) {
    reporter_.report({.kind = core::EventKind::warning, .why = what});
  };
  // What cannot be told is not taken for lost.
  if (files_.state_is_lost().value_or(false)) {
    const auto saved = save(true);
    dues_.note(kState, saved);
    if (saved) warn("its state file was removed or changed, and is written again");
  }
  const auto unpinned = programs_->keep_pins();
  dues_.note(kPins, unpinned ? os::Result<>{} : std::unexpected(unpinned.error()));
  if (unpinned && *unpinned) warn("its maps were unpinned, and are pinned again");
  if (!dues_.empty()) set_alarm();
}

void Runner::write_proc(const core::BondStatus& status) {
  const auto text = views::proc_text(status);
  dues_.note(kProc, files_.write_proc(home_.hands().label(), name(), text));
}

os::Result<> Runner::forget_files() {
  alarm_->cancel();
  senses_.stop();
  programs_->remove();
  return files_.remove(home_.hands().label(), name());
}

os::Result<> Runner::clear_away() {
  // While there is a state file the next one who tries knows of it.
  if (stored_home_) {
    if (auto gone = hands_->take_name_off(stored_home_->own_netns); !gone) return gone;
    home_.hands().forget_vlans_of(hands_->where());
  }
  return forget_files();
}

}  // namespace ebond::daemon
