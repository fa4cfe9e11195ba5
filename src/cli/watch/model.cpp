#include "cli/watch/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ebond::cli::watch {
namespace {

constexpr double kBitsPerOctet = 8;
constexpr double kNsPerSecond = 1e9;

void append(std::vector<double>& values, double value) {
  values.push_back(value);
  if (values.size() > Model::kRatesKept) values.erase(values.begin());
}

/// A counter that went back belongs to another interface of that name: it counts from there.
double rate(std::uint64_t now, std::uint64_t before, double seconds) {
  return now < before || seconds <= 0 ? 0 : static_cast<double>(now - before) * kBitsPerOctet / seconds;
}

template <class List>
std::size_t index_of(const List& list, const std::string& name) {
  const auto found = std::ranges::find_if(list, [&](const auto& each) { return each.name == name; });
  return found == list.end() ? 0 : static_cast<std::size_t>(found - list.begin());
}

/// The next one's name, round and round.
template <class List>
void step(const List& list, std::string& name, int by) {
  if (list.empty()) return;
  const auto size = static_cast<int>(list.size());
  const int next = (static_cast<int>(index_of(list, name)) + by + size) % size;
  name = list[static_cast<std::size_t>(next)].name;
}

double latest(const std::vector<double>& values) {
  return values.empty() ? 0 : values.back();
}

int slave_trouble(const Slave& slave) {
  return slave.healthy ? 0 : slave.link_style == Style::bad ? 2 : 1;
}

}  // namespace

std::string_view order_name(Order order) {
  constexpr std::array<std::string_view, 3> kNames = {"name", "trouble", "traffic"};
  return kNames.at(static_cast<std::size_t>(order));
}

void Model::measure(Meter& meter, const std::optional<Octets>& octets, std::int64_t monotonic_ns) {
  const auto now = octets.value_or(Octets{});
  if (meter.at_ns != 0) {
    const auto seconds = static_cast<double>(monotonic_ns - meter.at_ns) / kNsPerSecond;
    append(meter.rates.sent, rate(now.sent, meter.last.sent, seconds));
    append(meter.rates.received, rate(now.received, meter.last.received, seconds));
  }
  meter.last = now;
  meter.at_ns = monotonic_ns;
}

void Model::take(std::vector<Bond> bonds, std::int64_t monotonic_ns, bool is_tick) {
  bonds_ = std::move(bonds);
  lost_.clear();
  has_heard_ = true;
  if (is_tick) {
    for (auto& [name, meter] : meters_) meter.is_seen = false;
    const auto see = [&](const std::string& bond, const std::string& slave, const auto& octets) {
      auto& meter = meters_[{bond, slave}];
      meter.is_seen = true;
      measure(meter, octets, monotonic_ns);
    };
    for (const auto& bond : bonds_) {
      see(bond.name, "", bond.octets);
      for (const auto& slave : bond.slaves) see(bond.name, slave.name, slave.octets);
    }
    std::erase_if(meters_, [](const auto& each) { return !each.second.is_seen; });
  }
  sort();
}

double Model::traffic(const Bond& bond, const std::string& slave) const {
  const auto& known = rates(bond.name, slave);
  return latest(known.sent) + latest(known.received);
}

/// Slaves stay in the order in which they were enslaved unless trouble or traffic is asked for.
void Model::sort() {
  std::ranges::stable_sort(bonds_, {}, &Bond::name);
  if (order_ == Order::name) return;
  const bool by_trouble = order_ == Order::trouble;
  std::ranges::stable_sort(bonds_, std::ranges::greater{},
                           [&](const Bond& bond) { return by_trouble ? bond.trouble() : traffic(bond, ""); });
  for (auto& bond : bonds_) {
    std::ranges::stable_sort(bond.slaves, std::ranges::greater{}, [&](const Slave& slave) {
      return by_trouble ? slave_trouble(slave) : traffic(bond, slave.name);
    });
  }
}

void Model::take(const core::StampedEvent& event, std::size_t missed) {
  events_.push_back({event, missed});
  if (events_.size() > kEventsKept) events_.pop_front();
}

void Model::lose_daemon(std::string why) {
  lost_ = std::move(why);
  for (auto& [name, meter] : meters_) meter.at_ns = 0;  // no rate over the time that was not seen
}

void Model::remark(std::string text, bool is_bad) {
  remark_ = std::move(text);
  remark_is_bad_ = is_bad;
}

const Bond* Model::chosen_bond() const {
  return bonds_.empty() ? nullptr : &bonds_[bond_index()];
}

const Slave* Model::chosen_slave() const {
  const auto* bond = chosen_bond();
  return bond == nullptr || bond->slaves.empty() ? nullptr : &bond->slaves[slave_index()];
}

std::size_t Model::bond_index() const {
  return index_of(bonds_, bond_);
}

std::size_t Model::slave_index() const {
  const auto* bond = chosen_bond();
  return bond == nullptr ? 0 : index_of(bond->slaves, slave_);
}

const Rates& Model::rates(const std::string& bond, const std::string& slave) const {
  static const Rates kNone;
  const auto found = meters_.find({bond, slave});
  return found == meters_.end() ? kNone : found->second.rates;
}

void Model::step_bond(int by) {
  step(bonds_, bond_, by);
  slave_.clear();
}

void Model::step_slave(int by) {
  if (const auto* bond = chosen_bond()) step(bond->slaves, slave_, by);
}

void Model::ask(bool back) {
  const auto* slave = chosen_slave();
  if (slave == nullptr) return remark("there is no slave to choose", true);
  if (!lost_.empty()) return remark("there is no daemon to ask", true);
  if (slave->drained != back) {
    return remark(back ? slave->name + " is not drained" : slave->name + " is drained already", true);
  }
  question_ = {back, chosen_bond()->name, slave->name};
}

/// Of the question that stands. Anything but y is a no.
Wish Model::answer(char character) {
  const auto asked = *std::exchange(question_, std::nullopt);
  if (character != 'y' && character != 'Y') return {};
  return {asked.back ? Wish::Kind::undrain : Wish::Kind::drain, asked.slave};
}

Wish Model::press(Key key) {
  using Kind = Key::Kind;
  if (key.kind == Kind::other) return {};
  remark_.clear();
  if (question_) return answer(key.kind == Kind::character ? key.character : 'n');
  if (std::exchange(shows_help_, false) && !(key.kind == Kind::character && key.character == 'q')) return {};
  switch (key.kind) {
    case Kind::up:
      step_slave(-1);
      return {};
    case Kind::down:
      step_slave(1);
      return {};
    case Kind::left:
      step_bond(-1);
      return {};
    case Kind::right:
      step_bond(1);
      return {};
    default:
      break;
  }
  switch (key.character) {
    case 'q':
      return {Wish::Kind::quit};
    case '\t':
    case 'n':
      step_bond(1);
      break;
    case 'p':
      step_bond(-1);
      break;
    case 'j':
      step_slave(1);
      break;
    case 'k':
      step_slave(-1);
      break;
    case 's':
      order_ = static_cast<Order>((static_cast<int>(order_) + 1) % 3);
      sort();
      break;
    case 'd':
      ask(false);
      break;
    case 'u':
      ask(true);
      break;
    case 'h':
    case '?':
      shows_help_ = true;
      break;
    default:
      break;
  }
  return {};
}

}  // namespace ebond::cli::watch
