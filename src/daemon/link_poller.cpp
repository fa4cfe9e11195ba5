#include "daemon/link_poller.h"

#include <algorithm>
#include <asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <utility>

namespace ebond::daemon {
namespace {

using core::TimePoint;
using std::chrono::steady_clock;

/// Threads that wait for devices at the same time; where as many are blocked, nothing is polled.
constexpr std::size_t kMostThreads = 16;
/// Speed and duplex that change without the carrier are found so often; who is to be asked for them is looked
/// up so often, and so they are asked in some ten parts.
constexpr std::chrono::seconds kLookCloserEvery{10}, kLookAround{1};
/// So often at most where nothing is polled, however often somebody asks to look closer.
constexpr core::Milliseconds kSoon{100};
/// A dump is cheaper from so many links on, if most devices of the namespace are not strangers.
constexpr std::size_t kWorthADump = 8, kMostStrangers = 4;
/// A roll call is cheaper than to ask so many devices, of those that are polled as often.
constexpr std::size_t kWorthARollCall = 4;

TimePoint now_is() {
  return TimePoint(steady_clock::now().time_since_epoch());
}

steady_clock::time_point on_the_clock(TimePoint when) {
  return steady_clock::time_point(
      std::chrono::duration_cast<steady_clock::duration>(when.time_since_epoch()));
}

/// The same for all that are asked so often, so that they are asked together.
TimePoint next_multiple(TimePoint now, core::Milliseconds every) {
  return TimePoint(every * (now.time_since_epoch() / every + 1));
}

/// Was that the time for all that are asked so often, since then?
bool is_due(core::Milliseconds every, TimePoint since, TimePoint now) {
  return next_multiple(since, every) <= now;
}

/// An error is an answer only if the device says that it cannot tell: one that is gone, netlink tells of.
template <class T>
std::optional<T> answer_of(const os::Result<T>& told) {
  if (told) return *told;
  return told.error().errno_value == EOPNOTSUPP ? std::optional(T{}) : std::nullopt;
}

/// Whatever is known of them.
bool are_same_links(const LinkWatch::Wanted& one, const LinkWatch::Wanted& other) {
  using Link = LinkWatch::Link;
  return one.use_carrier == other.use_carrier &&
         std::ranges::equal(one.links, other.links, {}, &Link::ifindex, &Link::ifindex);
}

}  // namespace

struct LinkPoller::Entry {
  std::shared_ptr<Devices> devices;
  LinkWatch::Told told;  ///< the loop's alone; null once the watch is gone
  // Under mutex_
  std::shared_ptr<const LinkWatch::Wanted> wanted;
  Questions asked;
  std::optional<TimePoint> ask_at;  ///< else they wait for the next poll
  TimePoint look_closer_at{};
  std::uint64_t latest_round = 0;
  std::map<core::IfIndex, LinkWatch::Answer> on_its_way;

  std::optional<core::Milliseconds> every() const { return wanted ? wanted->every : std::nullopt; }
  void want_closer_look_at_all() {
    for (const auto& link : wanted->links) asked.try_emplace(link.ifindex);
    look_closer_at = now_is() + kLookCloserEvery;
  }
};

struct LinkPoller::Part {
  std::uint64_t key = 0;
  std::shared_ptr<Entry> entry;
  std::shared_ptr<const LinkWatch::Wanted> wanted;
  Questions asked;
  bool all = false;
};

struct LinkPoller::Round {
  std::uint64_t number = 0;
  Roll roll;  ///< null: there is none
  std::vector<Part> parts;
  std::map<const Devices*, Devices::Carriers> carriers;
};

class LinkPoller::Watch : public LinkWatch {
 public:
  Watch(LinkPoller& poller, std::uint64_t key, std::shared_ptr<Entry> entry)
      : poller_(poller), key_(key), entry_(std::move(entry)) {}
  ~Watch() override {
    entry_->told = nullptr;
    const std::lock_guard lock(poller_.mutex_);
    poller_.entries_.erase(key_);
    poller_.restless_.erase(key_);
    poller_.polled_.reset();
    const auto others = std::ranges::any_of(
        poller_.entries_, [&](const auto& each) { return each.second->devices == entry_->devices; });
    if (!others) poller_.devices_there_.erase(entry_->devices.get());
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  void watch(const Wanted& wanted) override {
    if (entry_->wanted && *entry_->wanted == wanted) return;  // only the loop replaces it
    const std::lock_guard lock(poller_.mutex_);
    const bool same_pace = entry_->every() == wanted.every;
    if (!same_pace || !entry_->wanted || !are_same_links(*entry_->wanted, wanted)) poller_.polled_.reset();
    entry_->wanted = std::make_shared<const Wanted>(wanted);
    poller_.restless_.insert(key_);
    if (same_pace || !wanted.every) return;
    entry_->want_closer_look_at_all();
    entry_->ask_at = now_is();
    poller_.be_due(entry_->ask_at);
  }
  void ask(core::IfIndex link, const Cause& cause) override { ask_within(link, cause, {}); }
  void look_closer(core::IfIndex link) override { ask_within(link, std::nullopt, kSoon); }
  std::optional<TimePoint> seen_lost(core::IfIndex link) override {
    const std::lock_guard lock(poller_.mutex_);
    const auto found = entry_->on_its_way.find(link);
    if (found == entry_->on_its_way.end() || found->second.link.carrier) return std::nullopt;
    return found->second.asked;
  }

 private:
  void ask_within(core::IfIndex link, const std::optional<Cause>& cause, core::Milliseconds time) {
    const std::lock_guard lock(poller_.mutex_);
    poller_.restless_.insert(key_);
    auto& why = entry_->asked[link];
    if (!why) why = cause;
    if (time > core::Milliseconds{} && entry_->every()) return;  // with the next poll
    const auto at = now_is() + time;
    if (entry_->ask_at && *entry_->ask_at <= at) return;
    entry_->ask_at = at;
    poller_.be_due(at);
  }

  LinkPoller& poller_;
  std::uint64_t key_;
  std::shared_ptr<Entry> entry_;
};

LinkPoller::~LinkPoller() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  lead_.notify_all();
  follow_.notify_all();
  for (auto& thread : threads_) thread.join();
}

std::unique_ptr<LinkWatch> LinkPoller::watch(std::shared_ptr<Devices> devices, LinkWatch::Told told) {
  auto entry = std::make_shared<Entry>();
  entry->devices = std::move(devices);
  entry->told = std::move(told);
  const std::lock_guard lock(mutex_);
  if (threads_.empty()) threads_.emplace_back([this] { work(); });
  entries_.emplace(++made_, entry);
  return std::make_unique<Watch>(*this, made_, std::move(entry));
}

void LinkPoller::be_due(std::optional<TimePoint> when) {
  if (!when || (due_ && *due_ <= *when)) return;
  due_ = when;
  lead_.notify_one();
}

/// One thread leads: it waits for the time of the next round. While it asks, another leads.
void LinkPoller::work() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    if (led_) {
      ++idle_;
      follow_.wait(lock, [this] { return stopped_ || !led_; });
      --idle_;
      continue;
    }
    led_ = true;
    wait_until_due(lock);
    const auto now = now_is();
    auto roll = call_the_roll(now, lock);
    led_ = false;
    if (stopped_) return;
    auto round = take_round(now, std::move(roll));
    if (round.parts.empty()) continue;
    if (idle_ == 0 && threads_.size() < kMostThreads) threads_.emplace_back([this] { work(); });
    follow_.notify_one();
    lock.unlock();
    carry_out(round);
    lock.lock();
  }
}

void LinkPoller::wait_until_due(std::unique_lock<std::mutex>& lock) {
  while (!stopped_ && (!due_ || *due_ > now_is())) {
    if (due_) {
      lead_.wait_until(lock, on_the_clock(*due_));
    } else {
      lead_.wait(lock);
    }
  }
}

auto LinkPoller::polled() -> const Polled& {
  if (polled_) return *polled_;
  polled_.emplace();
  for (const auto& [key, entry] : entries_) {
    restless_.insert(key);
    if (!entry->every()) continue;
    auto& links = polled_->paces[*entry->every()];
    if (roll_caller_ && entry->wanted->use_carrier) links += entry->wanted->links.size();
  }
  os::DeviceList list;
  for (const auto& [key, entry] : entries_) {
    if (!entry->every() || !entry->wanted->use_carrier) continue;
    if (polled_->paces.at(*entry->every()) < kWorthARollCall) continue;
    const auto inode = entry->devices->namespace_inode();
    for (const auto& link : entry->wanted->links) list.insert({inode, link.ifindex});
  }
  polled_->by_roll = std::make_shared<const os::DeviceList>(std::move(list));
  return *polled_;
}

/// Of what is polled now, if it is worth it.
auto LinkPoller::call_the_roll(TimePoint now, std::unique_lock<std::mutex>& lock) -> Roll {
  if (stopped_) return nullptr;
  const auto is_for_now = [&](const auto& pace) {
    return pace.second >= kWorthARollCall && is_due(pace.first, latest_round_, now);
  };
  if (!std::ranges::any_of(polled().paces, is_for_now)) return nullptr;
  const auto list = polled().by_roll;
  lock.unlock();
  auto roll = roll_caller_->call(list);
  lock.lock();
  if (!roll) {
    roll_caller_.reset();
    polled_.reset();
    return nullptr;
  }
  if (*roll != latest_roll_) {
    for (const auto& [key, entry] : entries_) restless_.insert(key);
  }
  return latest_roll_ = std::move(*roll);
}

/// Puts a closer look at all of its links among the questions of each whose time it is.
void LinkPoller::look_around(TimePoint now) {
  if (!is_due(kLookAround, latest_round_, now)) return;
  for (const auto& [key, entry] : entries_) {
    if (!entry->every() || entry->look_closer_at > now) continue;
    entry->want_closer_look_at_all();
    restless_.insert(key);
  }
}

LinkPoller::Round LinkPoller::take_round(TimePoint now, Roll roll) {
  const auto& paces = polled().paces;
  look_around(now);
  Round round{.number = ++rounds_, .roll = std::move(roll), .parts = {}, .carriers = {}};
  due_.reset();
  for (const auto& [every, links] : paces) due_ = core::earlier(due_, next_multiple(now, every));
  for (auto next = restless_.begin(); next != restless_.end();) {
    const auto key = *next++;
    const auto& entry = entries_.at(key);
    const bool polls = entry->every() && is_due(*entry->every(), latest_round_, now);
    const bool is_asked = entry->ask_at && *entry->ask_at <= now;
    if (polls || is_asked) {
      entry->ask_at.reset();
      entry->latest_round = round.number;
      if (entry->wanted) {
        round.parts.push_back({.key = key,
                               .entry = entry,
                               .wanted = entry->wanted,
                               .asked = std::exchange(entry->asked, {}),
                               .all = polls});
      }
    }
    due_ = core::earlier(due_, entry->ask_at);
    if (!entry->every() && !entry->ask_at) restless_.erase(key);
  }
  latest_round_ = now;
  return round;
}

void LinkPoller::carry_out(Round& round) {
  ask_all_at_once(round);
  for (const Part& part : round.parts) ask_each(round, part);
}

template <class Question>
auto LinkPoller::ask(const Asking& asking, const Question& question) -> std::optional<decltype(question())> {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_ || std::ranges::find(asking_, asking) != asking_.end()) return std::nullopt;
    asking_.push_back(asking);
  }
  auto answer = question();
  const std::lock_guard lock(mutex_);
  asking_.erase(std::ranges::find(asking_, asking));
  return answer;
}

void LinkPoller::ask_all_at_once(Round& round) {
  std::map<std::shared_ptr<Devices>, std::size_t> links;
  if (round.roll) return;
  for (const Part& part : round.parts) {
    if (part.all && part.wanted->use_carrier) links[part.entry->devices] += part.wanted->links.size();
  }
  for (const auto& [devices, count] : links) {
    if (count < kWorthADump) continue;
    {
      const std::lock_guard lock(mutex_);
      const auto there = devices_there_.find(devices.get());
      if (there != devices_there_.end() && there->second > kMostStrangers * count) continue;
    }
    auto carriers = ask({devices.get(), core::IfIndex{}}, [&] { return devices->all_carriers(); });
    if (!carriers || !*carriers) continue;
    const std::lock_guard lock(mutex_);
    devices_there_[devices.get()] = (*carriers)->size();
    round.carriers.emplace(devices.get(), std::move(**carriers));
  }
}

/// A later round asks for the rest of it.
bool LinkPoller::is_overtaken(const Round& round, const Part& part) {
  const std::lock_guard lock(mutex_);
  return part.entry->latest_round != round.number;
}

/// By the roll or the dump, if there is one; nothing if it cannot be told now.
std::optional<bool> LinkPoller::carrier_of(const Round& round, const Part& part,
                                           const LinkWatch::Link& link) {
  Devices& devices = *part.entry->devices;
  if (round.roll && part.wanted->use_carrier) {
    if (const auto told = round.roll->is_up({devices.namespace_inode(), link.ifindex})) return told;
  }
  if (const auto dump = round.carriers.find(&devices);
      dump != round.carriers.end() && part.wanted->use_carrier) {
    if (const auto told = dump->second.find(link.ifindex); told != dump->second.end()) return told->second;
  }
  if (is_overtaken(round, part)) return std::nullopt;
  const auto told =
      ask({&devices, link.ifindex}, [&] { return devices.carrier(link.name, part.wanted->use_carrier); });
  return told ? answer_of(*told) : std::nullopt;
}

/// Nothing if it cannot be asked now.
auto LinkPoller::state_of(const Round& round, const Part& part, const LinkWatch::Link& link)
    -> std::optional<os::Result<core::LinkState>> {
  if (is_overtaken(round, part)) return std::nullopt;
  Devices& devices = *part.entry->devices;
  return ask({&devices, link.ifindex}, [&] {
    auto state = devices.link(link.name, part.wanted->use_carrier);
    if (state && state->carrier && !link.known.carrier) {
      state->carrier = devices.kernel_has_carrier(link.name);
    }
    return state;
  });
}

/// By the roll, of every link.
bool LinkPoller::is_as_known(const Round& round, const Part& part) {
  if (!round.roll || !part.wanted->use_carrier) return false;
  const auto inode = part.entry->devices->namespace_inode();
  return std::ranges::all_of(part.wanted->links, [&](const LinkWatch::Link& link) {
    return round.roll->is_up({inode, link.ifindex}) == link.known.carrier;
  });
}

void LinkPoller::ask_each(const Round& round, const Part& part) {
  std::vector<LinkWatch::Answer> answers;
  Questions unanswered;
  const bool as_known = is_as_known(round, part);
  for (const auto& link : part.wanted->links) {
    const auto question = part.asked.find(link.ifindex);
    const bool is_asked = question != part.asked.end();
    if (!part.all && !is_asked) continue;
    const auto asked = now_is();
    if (!is_asked) {
      if (as_known) continue;
      const auto carrier = carrier_of(round, part, link);
      if (!carrier || *carrier == link.known.carrier) continue;
    }
    const LinkWatch::Cause by_poll{.heard = asked};
    const auto told = state_of(round, part, link);
    if (!told && is_asked) unanswered.insert(*question);
    const auto state = told ? answer_of(*told) : std::nullopt;
    if (!state || *state == link.known) continue;
    answers.push_back({.ifindex = link.ifindex,
                       .link = *state,
                       .asked = asked,
                       .cause = (is_asked ? question->second : std::nullopt).value_or(by_poll)});
  }
  if (as_known) rest(round, part);
  ask_again(part, unanswered);
  tell(part.entry, std::move(answers));
}

/// Until something is otherwise it need not be looked at.
void LinkPoller::rest(const Round& round, const Part& part) {
  const std::lock_guard lock(mutex_);
  const auto& entry = *part.entry;
  if (latest_roll_ == round.roll && entry.wanted == part.wanted && entry.asked.empty()) {
    restless_.erase(part.key);
  }
}

/// Another thread was at that device, or at a later round: nobody else knows what was asked.
void LinkPoller::ask_again(const Part& part, const Questions& questions) {
  if (questions.empty()) return;
  const std::lock_guard lock(mutex_);
  if (!entries_.contains(part.key)) return;
  auto& entry = *part.entry;
  for (const auto& [link, cause] : questions) {
    auto& why = entry.asked[link];
    if (!why) why = cause;
  }
  restless_.insert(part.key);
  entry.ask_at = core::earlier(entry.ask_at, now_is() + kSoon);
  be_due(entry.ask_at);
}

/// What is on its way already is not told twice: the loop may be busy for a while.
void LinkPoller::tell(const std::shared_ptr<Entry>& entry, std::vector<LinkWatch::Answer> answers) {
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(answers, [&](const LinkWatch::Answer& answer) {
      const auto [before, is_new] = entry->on_its_way.emplace(answer.ifindex, answer);
      if (!is_new && before->second.link == answer.link) return true;
      before->second = answer;
      return false;
    });
  }
  if (answers.empty()) return;
  asio::post(loop_, [this, entry, answers = std::move(answers)] {
    {
      const std::lock_guard lock(mutex_);
      for (const auto& answer : answers) entry->on_its_way.erase(answer.ifindex);
    }
    if (entry->told) entry->told(answers);
  });
}

}  // namespace ebond::daemon
