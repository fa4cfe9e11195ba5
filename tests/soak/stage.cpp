#include "tests/soak/stage.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "lab/eventually.h"
#include "lab/loss.h"
#include "lab/must.h"
#include "tests/soak/hostile.h"

namespace ebond::soak {
namespace {

using namespace std::chrono_literals;
using enum What;
namespace fs = std::filesystem;

/// What a cable that is shaped to the least keeps when a flood ends: its queue of 200 ms, and a burst.
constexpr auto kStillQueued = 400ms;

std::size_t index_of(Side side) {
  return static_cast<std::size_t>(side);
}

std::string near_slave(unsigned slave) {
  return fmt::format("eth{}", slave);
}

/// Another place with the same programs.
fs::path copy_of(const fs::path& build, const fs::path& to) {
  fs::create_directories(to);
  for (const char* program : {"ebond", "ebondd"}) fs::copy_file(build / program, to / program);
  return to;
}

}  // namespace

Stage::Stage(std::vector<BondPlan> plans, Builds builds)
    : plans_(std::move(plans)),
      builds_(std::move(builds)),
      situation_(plans_),
      bystander_(lab_.host("pulse")) {
  for (auto& daemon : daemons_) daemon = std::make_unique<lab::Ebond>(builds_.build);
  if (builds_.other.empty()) builds_.other = copy_of(builds_.build, daemons_[0]->run_dir() / "other-build");
}

void Stage::build(Traffic& traffic) {
  for (std::size_t i = 0; i < daemons_.size(); ++i) holdings_[i] = holdings_of(daemons_[i]->pid());
  for (const auto& plan : plans_) {
    const auto number = static_cast<unsigned>(sites_.size());
    auto& site = *sites_.emplace_back(std::make_unique<Site>(lab_, number, plan));
    for (unsigned slave = 0; slave < plan.slaves; ++slave) {
      footings_[{number, slave}] = footing_of(site.host(Side::near), near_slave(slave));
    }
    site.make_bonds(*daemons_[0], *daemons_[1]);
    site.know_neighbours();
    site.add_flows(traffic);
  }
}

std::string Stage::name_of(const Operation& operation) const {
  return near_name(operation.slave, situation_.sites.at(operation.site).slaves.at(operation.slave));
}

void Stage::carry_out(const Operation& operation) {
  ++played_;
  switch (operation.what) {
    case kill:
    case start:
    case stop:
    case hostile_client:
      play_on_a_daemon(operation);
      break;
    case release:
    case enslave:
    case What::set:
    case set_badly:
    case What::tear:
      play_by_command(operation);
      break;
    case rest:
      break;
    default:
      play_on_a_slave(operation);
  }
  situation_.apply(operation);
  if (operation.what == release) {
    const auto wrong = check_slave_is_as_it_was(operation.site, operation.slave, "released");
    if (!wrong.empty()) throw std::runtime_error(fmt::format("{}", fmt::join(wrong, "\n")));
  }
  if (operation.what == release || (operation.what == What::tear && operation.key == "release"))
    be_up_again(operation);
}

/// A bond takes a slave as it finds it, under the name that it knows, and sets it up: what is done to it
/// before that is done to no slave.
void Stage::await_taken(const Operation& operation, Side side) {
  auto& site = *sites_.at(operation.site);
  const auto& slave = situation_.sites.at(operation.site).slaves.at(operation.slave);
  const bool is_out = slave.released && (side == Side::near || !site.plan().is_lacp());
  if (!slave.is_new || is_out || !site.has_bond(side) || situation_.dead.at(index_of(side))) return;
  const auto name = side == Side::near ? name_of(operation) : near_slave(operation.slave);
  const bool is_taken = lab::eventually([&] {
    const auto shown =
        nlohmann::json::parse(daemon(side).must_run(site.host(side), {"-j", "show", "bond0"})).at(0);
    return std::ranges::any_of(shown.at("slaves"),
                               [&](const auto& each) { return each.at("ifname") == name; });
  });
  if (!is_taken) throw std::runtime_error(fmt::format("{} is not taken again", name));
}

/// A slave that its bond took before it was set up is made again what it was found: down. Whoever wants to
/// use it sets it up.
void Stage::be_up_again(const Operation& operation) {
  const auto& slave = situation_.sites.at(operation.site).slaves.at(operation.slave);
  auto& site = *sites_.at(operation.site);
  if (!slave.was_gone) return;
  site.host(Side::near).set_up(name_of(operation));
  if (site.has_bond(Side::far)) site.plug(operation.slave);
}

void Stage::play_on_a_daemon(const Operation& operation) {
  auto& ebond = daemon(operation.side);
  switch (operation.what) {
    case kill:
      ebond.kill(static_cast<int>(operation.count));
      break;
    case start:
      ebond.use(operation.count == 0 ? builds_.build : builds_.other);
      ebond.start();
      break;
    case stop:
      ::kill(ebond.pid(), SIGSTOP);
      std::this_thread::sleep_for(Milliseconds(operation.milliseconds));
      ::kill(ebond.pid(), SIGCONT);
      break;
    default:
      be_a_hostile_client(ebond.run_dir() / "ebond.sock", operation.key, operation.count, played_);
  }
}

void Stage::play_on_a_slave(const Operation& operation) {
  auto& site = *sites_.at(operation.site);
  auto& near = site.host(Side::near);
  const auto name = name_of(operation);
  switch (operation.what) {
    case pull:
      await_taken(operation, Side::far);
      site.pull(operation.slave);
      break;
    case plug:
      site.plug(operation.slave);
      break;
    case flap:
      await_taken(operation, Side::far);
      for (unsigned i = 0; i < operation.count; ++i) {
        site.pull(operation.slave);
        std::this_thread::sleep_for(Milliseconds(operation.milliseconds));
        site.plug(operation.slave);
        std::this_thread::sleep_for(Milliseconds(operation.milliseconds));
      }
      break;
    case set_down:
      await_taken(operation, Side::near);
      near.set_up(name, false);
      break;
    case set_up:
      near.set_up(name);
      break;
    case unplug:
      site.unplug(name);
      break;
    case replug:
      site.replug(operation.slave, name);
      break;
    case remove_qdisc:
      // Nothing to remove is as well: its daemon may be away.
      near.run(
          {"tc", "qdisc", "del", "dev", operation.key == "of bond0" ? site.lower_half() : name, "clsact"});
      break;
    case foreign_filter:
      // A qdisc that a bond finds is not its own to remove.
      await_taken(operation, Side::near);
      set_foreign_filter(near.netns(), near.link(name).ifindex, operation.key);
      break;
    case no_filter:
      set_foreign_filter(near.netns(), near.link(name).ifindex, "");
      break;
    case What::halve:
      halve(operation);
      break;
    case What::change_slave:
      await_taken(operation, Side::near);
      change_slave(operation);
      break;
    case What::rename:
      await_taken(operation, Side::near);
      near.must_run({"ip", "link", "set", name, "name",
                     fmt::format("{}x{}", near_slave(operation.slave),
                                 situation_.sites[operation.site].slaves[operation.slave].renamed + 1)});
      break;
    case lose:
      site.lose(operation.slave, operation.key == "to far", operation.count / 100.0);
      break;
    case lose_nothing:
      site.lose_nothing(operation.slave);
      break;
    case What::shape:
      site.shape(operation.slave, operation.count);
      break;
    case unshape:
      site.unshape(operation.slave);
      break;
    case hostile_frames:
      be_rude(operation);
      break;
    default:
      throw std::logic_error("the plan has what the soak cannot do: " + text_of(operation));
  }
}

void Stage::command(const Operation& operation, const std::string& verb) {
  auto& site = *sites_.at(operation.site);
  daemon(Side::near).must_run(site.host(Side::near), {verb, "bond0", name_of(operation)});
  // A static channel has to agree; with LACP the other end finds out.
  if (!site.has_bond(Side::far) || site.plan().is_lacp()) return;
  daemon(Side::far).must_run(site.host(Side::far), {verb, "bond0", near_slave(operation.slave)});
}

void Stage::play_by_command(const Operation& operation) {
  auto& near = sites_.at(operation.site)->host(Side::near);
  const auto value = operation.value == "SLAVE" ? name_of(operation) : operation.value;
  switch (operation.what) {
    case release:
      command(operation, "release");
      break;
    case enslave:
      command(operation, "enslave");
      break;
    case What::set:
      daemon(Side::near).must_run(near, {"set", "bond0", operation.key, value});
      break;
    case set_badly:
      if (daemon(Side::near).run(near, {"set", "bond0", operation.key, value}).exit_code == 0) {
        throw std::runtime_error("accepted what must be refused: " + text_of(operation));
      }
      break;
    default:
      tear(operation);
  }
}

void Stage::tear(const Operation& operation) {
  auto& near = sites_.at(operation.site)->host(Side::near);
  auto& ebond = daemon(Side::near);
  const auto name = name_of(operation);
  const Words words =
      operation.key == "set" ? Words{"set", "bond0", "miimon", "50"} : Words{operation.key, "bond0", name};
  std::thread asking([&] { (void)ebond.run(near, words); });
  std::this_thread::sleep_for(Milliseconds(operation.milliseconds));
  ebond.kill(SIGKILL);
  asking.join();
  ebond.start();
  if (operation.key == "set") return;
  // It is now before or after. What is before is done again, and then both ends agree.
  const auto shown = nlohmann::json::parse(ebond.must_run(near, {"-j", "show", "bond0"})).at(0);
  const bool is_slave =
      std::ranges::any_of(shown.at("slaves"), [&](const auto& slave) { return slave.at("ifname") == name; });
  const bool is_done = is_slave == (operation.key == "enslave");
  if (!is_done) return command(operation, operation.key);
  auto& site = *sites_.at(operation.site);
  if (!site.has_bond(Side::far) || site.plan().is_lacp()) return;
  daemon(Side::far).must_run(site.host(Side::far), {operation.key, "bond0", near_slave(operation.slave)});
}

void Stage::halve(const Operation& operation) {
  auto& site = *sites_.at(operation.site);
  auto& near = site.host(Side::near);
  if (operation.key == "down") {
    near.set_up(site.lower_half(), false);
  } else {
    near.must_run({"ip", "link", "set", site.lower_half(), "mtu", "1000"});
  }
}

void Stage::change_slave(const Operation& operation) {
  auto& near = sites_.at(operation.site)->host(Side::near);
  const auto value = operation.key == "mtu" ? "1300" : "02:77:77:77:77:77";
  near.must_run({"ip", "link", "set", name_of(operation), operation.key, value});
}

void Stage::be_rude(const Operation& operation) {
  auto& site = *sites_.at(operation.site);
  const auto to = site.host(Side::near).link("bond0").mac;
  rudenesses_.push_back({.flood = std::make_unique<lab::Flood>(
                             site.far_node(), site.far_interface(operation.slave),
                             frames_of_a_stranger(operation.key, to, played_), operation.count),
                         .end = Clock::now() + Milliseconds(operation.milliseconds),
                         .site = operation.site});
}

void Stage::tidy(Time now) {
  std::erase_if(rudenesses_, [&](const Rudeness& each) { return !each.flood && each.end < now; });
  for (auto& each : rudenesses_) {
    if (!each.flood || each.end > now) continue;
    each.flood.reset();
    each.end = Clock::now() + kStillQueued;
  }
}

bool Stage::is_flooded(unsigned site) const {
  return std::ranges::any_of(rudenesses_, [&](const Rudeness& each) { return each.site == site; });
}

std::vector<std::string> Stage::expected_footing(unsigned site, unsigned slave) const {
  auto footing = footings_.at({site, slave});
  const auto& situation = situation_.sites.at(site).slaves.at(slave);
  if (situation.was_gone) footing = of_a_new_one(footing);
  // Addresses are labelled with the name the interface has now, routes told without it.
  const auto name = near_name(slave, situation), found_as = near_slave(slave);
  for (auto& line : footing) {
    for (auto at = line.find(found_as); at != std::string::npos; at = line.find(found_as, at + name.size())) {
      line.replace(at, found_as.size(), name);
    }
  }
  return footing;
}

std::vector<std::string> Stage::check_slave_is_as_it_was(unsigned site, unsigned slave,
                                                         const std::string& when) {
  const auto& situation = situation_.sites.at(site).slaves.at(slave);
  const auto name = near_name(slave, situation);
  auto now = footing_of(sites_.at(site)->host(Side::near), name);
  if (situation.was_gone) now = of_a_new_one(now);
  return check_restored(fmt::format("site {}, {} {}", site, name, when), expected_footing(site, slave), now);
}

/// Of one site, mostly another one each time: it takes many processes.
void Stage::note_programs() {
  note_programs_of(static_cast<unsigned>(played_ % sites_.size()));
}

void Stage::note_programs_of(unsigned number) {
  auto& near = sites_[number]->host(Side::near);
  for (unsigned i = 0; i < plans_[number].slaves; ++i) {
    const auto& slave = situation_.sites[number].slaves[i];
    if (slave.gone) continue;
    const auto name = near_name(i, slave);
    for (const auto id : programs_on(near, name)) programs_[id] = fmt::format("site {}, {}", number, name);
  }
  for (const auto id : programs_on(near, sites_[number]->lower_half())) {
    programs_[id] = fmt::format("site {}, lower half", number);
  }
}

std::vector<std::string> Stage::clear_away() {
  std::vector<std::string> wrong;
  const auto add = [&](std::vector<std::string> more) {
    wrong.insert(wrong.end(), more.begin(), more.end());
  };
  rudenesses_.clear();
  for (unsigned i = 0; i < sites_.size(); ++i) note_programs_of(i);
  for (auto& site : sites_) {
    for (const auto side : {Side::near, Side::far}) {
      if (site->has_bond(side)) daemon(side).must_run(site->host(side), {"del", "bond0"});
    }
  }
  for (unsigned number = 0; number < sites_.size(); ++number) {
    for (unsigned slave = 0; slave < plans_[number].slaves; ++slave) {
      add(check_slave_is_as_it_was(number, slave, "after the end"));
    }
    const auto links = sites_[number]->host(Side::near).must_run({"ip", "-br", "link"});
    if (links.find("bond0") != std::string::npos || links.find("ebl") != std::string::npos) {
      wrong.push_back(fmt::format("nothing leaks: site {}: interfaces left behind:\n{}", number, links));
    }
  }
  for (std::size_t i = 0; i < daemons_.size(); ++i) {
    auto& ebond = *daemons_[i];
    const auto whose = i == index_of(Side::near) ? "the near daemon" : "the far daemon";
    std::vector<std::string> held;
    lab::eventually(
        [&] {
          held = check_holdings(whose, holdings_[i], holdings_of(ebond.pid()));
          return held.empty();
        },
        10s);
    add(held);
    for (const char* kept : {"state", "vlans"}) {
      const auto directory = ebond.run_dir() / kept;
      if (fs::exists(directory) && !fs::is_empty(directory)) {
        wrong.push_back(fmt::format("nothing leaks: {}: {} is not empty", whose, directory.string()));
      }
    }
    ebond.kill(SIGTERM);
    if (fs::exists(ebond.pin_dir())) {
      wrong.push_back(fmt::format("nothing leaks: {}: {} is still there", whose, ebond.pin_dir().string()));
    }
  }
  for (const auto& [id, where] : programs_) {
    if (lab::eventually([&] { return !program_is_there(bystander_, id); }, 10s)) continue;
    wrong.push_back(fmt::format("nothing leaks: program {} of {} is still loaded", id, where));
  }
  return wrong;
}

}  // namespace ebond::soak
