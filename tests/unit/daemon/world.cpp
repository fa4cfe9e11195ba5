#include "world.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "core/options/option_table.h"
#include "daemon/bond/store.h"

namespace ebond::daemon {
namespace {

constexpr control::NamespaceRef kHere{.fd = 7};

template <class T>
std::string message(const control::Result<T>& result) {
  return result ? std::string{} : result.error().message;
}

/// Reads and writes a text of the world's at once, or when the world wants it.
class FakeEventFile : public EventFile {
 public:
  explicit FakeEventFile(World& world) : world_(world) {}

  void read(std::function<void(const os::Result<EventFileText>&)> answer) override {
    world_.read_event_file = [this, answer = std::move(answer)] {
      answer(parse_event_file(world_.event_text, world_.kernel.boot_id));
    };
    if (world_.event_file_is_read_at_once) world_.read_event_file();
  }
  bool append(const core::PlacedEvent& event) override {
    if (world_.event_file_refuses != 0) {
      written_(os::errno_error("cannot write the events", world_.event_file_refuses));
    } else {
      world_.event_text += event_file_line(event);
    }
    return true;
  }
  void replace(std::vector<core::PlacedEvent> events) override {
    if (world_.event_file_refuses != 0) {
      return written_(os::errno_error("cannot write the events", world_.event_file_refuses));
    }
    world_.event_text = event_file_header(world_.kernel.boot_id);
    for (const auto& event : events) world_.event_text += event_file_line(event);
    written_({});
  }
  void hear(std::function<void(const os::Result<>&)> written) override { written_ = std::move(written); }

 private:
  World& world_;
  std::function<void(const os::Result<>&)> written_;
};

}  // namespace

std::unique_ptr<EventFile> World::open_event_file() {
  return std::make_unique<FakeEventFile>(*this);
}

World::World() {
  spdlog::set_level(spdlog::level::off);
  disk_.more_in = [this](const auto& place) {
    std::vector<std::filesystem::path> pins;
    for (const auto& [path, each] : kernel.pins) {
      if (path.parent_path() == place) pins.push_back(path);
    }
    for (const auto& [id, there] : namespaces.all) {
      for (const auto& [path, each] : there.pins) {
        if (path.parent_path() == place) pins.push_back(path);
      }
    }
    return pins;
  };
  disk_.tree_removed = [this](const auto& tree) {
    kernel.pins.erase(tree);
    for (auto& [id, there] : namespaces.all) there.pins.erase(tree);
  };
}

void World::start(std::optional<std::size_t> fail_at) {
  script.start();
  if (fail_at) script.fail_at(*fail_at);
  start_daemon();
}

void World::start_refusing(const std::string& beginning, int errno_value) {
  script.start();
  script.refuse(beginning, errno_value);
  start_daemon();
  script.refuse("", 0);
}

void World::start_where(FakeKernel& elsewhere) {
  elsewhere_ = &elsewhere;
  start();
}

void World::start_daemon() {
  daemon_ = std::make_unique<Daemon>(*this, directory);
  events.clear();
  subscription_ = daemon_->subscribe(
      kHere,
      [this](const core::StampedEvent& event) {
        events.push_back(fmt::format("{} {} {}", core::event_kind_name(event.event.kind), event.event.slave,
                                     event.event.why));
      },
      std::nullopt);
  daemon_->adopt_all();
}

void World::kill() {
  subscription_.reset();
  daemon_.reset();
  hands_.reset();
  namespaces.end_nameless(kernel);
}

void World::die_in(std::size_t step, const std::function<void()>& command) {
  script.start();
  script.die_at(step);
  try {
    command();
  } catch (const Script::Killed&) {
  }
  EXPECT_TRUE(script.dead());
  kill();
}

std::string World::add(const std::string& bond, const control::KeyValues& options) {
  return message(daemon_->add(kHere, bond, options));
}
std::string World::add_adopting(const std::string& bond, const std::string& interface,
                                const control::KeyValues& options) {
  auto done = daemon_->add_adopting(kHere, bond, options, interface);
  adopting_warned = done.value_or(std::vector<std::string>{});
  return message(done);
}
std::string World::checkpoint(const std::vector<std::string>& bonds, std::chrono::seconds within) {
  return message(daemon_->checkpoint(kHere, bonds, within));
}
std::string World::confirm() {
  return message(daemon_->confirm(kHere));
}
std::string World::roll_back() {
  return message(daemon_->roll_back(kHere));
}
std::string World::del(const std::string& bond) {
  return message(daemon_->del(kHere, bond));
}
std::string World::forget(const std::string& bond) {
  auto done = daemon_->forget(kHere, bond);
  not_put_back = done.value_or(std::vector<std::string>{});
  return message(done);
}
std::string World::enslave(const std::string& bond, const std::vector<std::string>& interfaces,
                           control::Absent absent) {
  return message(daemon_->enslave(kHere, bond, interfaces, absent));
}
std::string World::release(const std::string& bond, const std::vector<std::string>& interfaces) {
  return message(daemon_->release(kHere, bond, interfaces));
}
std::string World::set(const std::string& bond, const control::KeyValues& options) {
  return message(daemon_->set(kHere, bond, options));
}
std::string World::set_slave(const std::string& interface, const control::KeyValues& options) {
  return message(daemon_->set_slave(kHere, interface, options));
}

std::string World::drain(const std::string& interface, bool on, bool force) {
  return message(daemon_->drain(kHere, interface, on, force));
}

core::BondReport World::show(const std::string& bond) {
  auto shown = daemon_->show(kHere, bond);
  return shown ? shown->at(0) : core::BondReport{};
}

std::string World::slaves(const std::string& bond) {
  std::string names;
  for (const auto& slave : show(bond).status.slaves) names += (names.empty() ? "" : " ") + slave.name;
  return names;
}

std::string World::describe_all() {
  auto text = describe();
  for (const auto& bond : daemon_->show(kHere, "").value_or(std::vector<core::BondReport>{})) {
    text += fmt::format("bond {} {} mac {} active {}\n", bond.status.name, bond.failed,
                        bond.status.mac.to_string(), bond.status.active_slave);
    for (const auto& option : core::option_table()) {
      if (option.get) text += fmt::format("  {} {}\n", option.name, option.get(bond.status.options));
    }
    for (const auto& slave : bond.status.slaves) {
      text += fmt::format("  slave {} mac {}", slave.name, slave.mac.to_string());
      for (const auto& [name, value] : core::slave_option_texts(slave.options)) {
        text += fmt::format(" {} {}", name, value);
      }
      text += "\n";
    }
    for (const auto& [file, written] : disk_.files) {
      const auto stored = from_text(written, file);
      if (!stored || stored->memory.name != bond.status.name) continue;
      for (const auto& absent : stored->absent) {
        text += fmt::format("  awaits {} prio {}\n", absent.name, absent.options.prio);
      }
    }
  }
  return text;
}

bool World::has_event(const std::string& beginning) const {
  return std::ranges::any_of(events, [&](const auto& event) { return event.starts_with(beginning); });
}

os::Result<os::NamespaceId> World::identify(control::NamespaceRef netns) {
  if (netns.fd >= 0) return kernel.where;
  return os::NamespaceId{.device = kernel.where.device, .inode = netns.inode};
}

os::Result<bool> World::is_used(const os::NamespaceId& id) {
  if (auto ok = script.ask("is it used"); !ok) return std::unexpected(ok.error());
  return namespace_is_used && id != unused;
}

os::Result<std::shared_ptr<Hands>> World::open_hands(control::NamespaceRef) {
  if (auto ok = script.ask("open hands"); !ok) return std::unexpected(ok.error());
  hands_ = std::make_shared<FakeHands>(script, kernel, time);
  hands_->elsewhere = elsewhere_;
  hands_->namespaces = &namespaces;
  hands_->made_there = &made_there_;
  return hands_;
}

os::Result<std::shared_ptr<Hands>> World::open_hands(const os::NamespaceId& id) {
  if (id == kernel.where) return open_hands(kHere);
  auto* own = namespaces.find(id);
  if (own == nullptr) return os::errno_error("that namespace is gone", ENOENT);
  if (auto ok = script.ask("open hands"); !ok) return std::unexpected(ok.error());
  auto hands = std::make_shared<FakeHands>(script, *own, time);
  hands->namespaces = &namespaces;
  hands->elsewhere = &kernel;
  made_there_[own->label] = hands;
  return hands;
}

}  // namespace ebond::daemon
