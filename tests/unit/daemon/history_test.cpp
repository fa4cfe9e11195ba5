// What happened to bonds, and the file in which that outlives the daemon.
#include "daemon/history.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "daemon/event_file.h"
#include "daemon/kernel_event_file.h"
#include "world.h"

namespace ebond::daemon {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr control::NamespaceRef kAnywhere{.fd = 7};

core::PlacedEvent happened(std::uint64_t where, std::int64_t when, std::string bond) {
  return {where, std::make_shared<const core::StampedEvent>(
                     core::StampedEvent{.realtime_ns = when,
                                        .netns = "web",
                                        .bond = std::move(bond),
                                        .event = {.kind = core::EventKind::failover,
                                                  .from = "eth0",
                                                  .to = "eth1",
                                                  .why = "carrier lost (hook)",
                                                  .seen_by = core::LinkSource::hook},
                                        .table_us = 42})};
}

std::string file_of(const std::vector<core::PlacedEvent>& events) {
  auto text = event_file_header("a boot");
  for (const auto& event : events) text += event_file_line(event);
  return text;
}

std::vector<std::string> bonds_of(const EventFileText& file) {
  std::vector<std::string> bonds;
  for (const auto& each : file.events) bonds.push_back(each.event->bond);
  return bonds;
}

TEST(EventFileText, IsReadToWhatWasWritten) {
  const auto read = parse_event_file(file_of({happened(7, 11, "bond0"), happened(8, 12, "bond1")}), "a boot");
  ASSERT_EQ(read.events.size(), 2u);
  EXPECT_EQ(read.broken_lines, 0u);
  EXPECT_EQ(read.events[1].where, 8u);
  const auto& event = *read.events[1].event;
  EXPECT_EQ(event.realtime_ns, 12);
  EXPECT_EQ(event.netns, "web");
  EXPECT_EQ(event.event, happened(0, 0, "").event->event);
  EXPECT_EQ(event.table_us, 42);
  EXPECT_EQ(event.announce_us, -1);
}

TEST(EventFileText, LosesTheLineInWhichADaemonWasKilledAndNoOther) {
  const auto whole = file_of({happened(7, 11, "bond0"), happened(7, 12, "bond1")});
  const auto beginning = file_of({happened(7, 11, "bond0")}).size();
  for (auto size = beginning; size < whole.size(); ++size) {
    const auto read = parse_event_file(whole.substr(0, size), "a boot");
    EXPECT_THAT(bonds_of(read), ElementsAre("bond0")) << size;
    EXPECT_EQ(read.broken_lines, size == beginning ? 0u : 1u) << size;
  }
}

TEST(EventFileText, KeepsEventsAroundDamage) {
  for (const std::string damage : {"", "rubbish", "{}", "[1,2]", R"({"where":1,"bond":""})",
                                   R"({"where":-1,"bond":"bond0","realtime_ns":1})",
                                   R"({"where":1,"bond":"bond0","realtime_ns":"soon"})", "\xff\xfe"}) {
    const auto text =
        file_of({happened(7, 11, "bond0")}) + damage + "\n" + event_file_line(happened(7, 12, "bond1"));
    const auto read = parse_event_file(text, "a boot");
    EXPECT_THAT(bonds_of(read), ElementsAre("bond0", "bond1")) << damage;
    EXPECT_EQ(read.broken_lines, 1u) << damage;
  }
}

TEST(EventFileText, WithoutItsFirstLineIsDamagedAndRead) {
  const auto read = parse_event_file("?\n" + event_file_line(happened(7, 12, "bond1")), "a boot");
  EXPECT_THAT(bonds_of(read), ElementsAre("bond1"));
  EXPECT_EQ(read.broken_lines, 1u);
}

TEST(EventFileText, OfAnotherBootTellsOfOtherNamespaces) {
  const auto read = parse_event_file(file_of({happened(7, 11, "bond0")}), "another boot");
  EXPECT_TRUE(read.is_of_another_boot);
  EXPECT_THAT(read.events, IsEmpty());
}

TEST(EventFileText, HasLinesOfSuchALengthWhateverAnEventSays) {
  auto event = *happened(7, 11, "bond0").event;
  for (auto* word :
       {&event.event.why, &event.event.from, &event.event.to, &event.event.slave, &event.netns}) {
    for (int i = 0; i < 10'000; ++i) *word += i % 2 == 0 ? "\x01" : "é";
  }
  const auto line = event_file_line({7, std::make_shared<const core::StampedEvent>(event)});
  EXPECT_LE(line.size(), kMaxEventLine);
  const auto read = parse_event_file(event_file_header("a boot") + line, "a boot");
  ASSERT_EQ(read.events.size(), 1u);
  EXPECT_EQ(event_file_line(read.events[0]), line);
}

// The daemon

struct HistoryLab : World {
  HistoryLab() { kernel.add_nic("eth0", 2); }
  std::vector<std::string> kinds(std::int64_t since_ns = 0) {
    std::vector<std::string> all;
    std::uint64_t from = 0;
    for (bool more = true; more;) {
      const auto part = daemon().history(kAnywhere, since_ns, from);
      if (!part) return {part.error().message};
      for (const auto& event : part->events) all.emplace_back(core::event_kind_name(event->event.kind));
      from = part->next;
      more = part->more;
    }
    return all;
  }
};

TEST(History, GoesOnWithTheNextDaemon) {
  HistoryLab lab;
  lab.start();
  lab.add("bond0");
  lab.enslave("bond0", {"eth0"});
  const auto before = lab.kinds();
  EXPECT_THAT(before, Contains("created"));
  EXPECT_THAT(before, Contains("enslaved"));
  lab.kill();
  lab.start();
  const auto after = lab.kinds();
  ASSERT_GT(after.size(), before.size());
  EXPECT_TRUE(std::equal(before.begin(), before.end(), after.begin()));
  EXPECT_THAT(after, Contains("adopted"));
}

TEST(History, BeginsAtATime) {
  HistoryLab lab;
  lab.start();
  lab.add("bond0");
  lab.time.pass(10s);
  const auto then = lab.hands().realtime_ns();
  lab.del("bond0");
  EXPECT_THAT(lab.kinds(then), testing::Not(Contains("created")));
  EXPECT_THAT(lab.kinds(then), Contains("deleted"));
  EXPECT_THAT(lab.kinds(), Contains("created"));
}

TEST(History, PutsWhatHappensBeforeItWasReadBehindWhatStandsThere) {
  HistoryLab lab;
  lab.event_text = file_of({happened(lab.identify(kAnywhere)->inode, 1, "bond7")});
  lab.event_file_is_read_at_once = false;
  lab.start();
  lab.add("bond0");
  EXPECT_THAT(lab.kinds(), ElementsAre(HasSubstr("still being read")));
  lab.read_event_file();
  const auto all = lab.kinds();
  ASSERT_GE(all.size(), 2u);
  EXPECT_EQ(all[0], "failover");
  EXPECT_THAT(all, Contains("created"));
  EXPECT_THAT(bonds_of(parse_event_file(lab.event_text, "a boot")), Contains("bond0"));
}

TEST(History, IsMendedIfItsFileIsDamaged) {
  HistoryLab lab;
  lab.event_text = file_of({happened(lab.identify(kAnywhere)->inode, 1, "bond7")}) + "{\"where\":7,\"bo";
  lab.start();
  EXPECT_THAT(lab.kinds(), ElementsAre("failover"));
  EXPECT_EQ(parse_event_file(lab.event_text, "a boot").broken_lines, 0u);
}

TEST(History, BeginsAgainAfterABoot) {
  HistoryLab lab;
  lab.event_text = event_file_header("the boot before") +
                   event_file_line(happened(lab.identify(kAnywhere)->inode, 1, "bond7"));
  lab.start();
  EXPECT_THAT(lab.kinds(), IsEmpty());
  EXPECT_EQ(lab.event_text, event_file_header("a boot"));
}

TEST(History, IsBoundedAndSoIsItsFile) {
  HistoryLab lab;
  lab.start();
  lab.add("bond0");
  const auto toggle = [&](int i) { lab.set("bond0", {{"miimon", i % 2 == 0 ? "100" : "200"}}); };
  for (int i = 0; i < 3 * static_cast<int>(History::kKept); ++i) toggle(i);
  EXPECT_EQ(lab.kinds().size(), History::kKept);
  const auto in_file = parse_event_file(lab.event_text, "a boot").events.size();
  EXPECT_GE(in_file, History::kKept);
  EXPECT_LE(in_file, 2 * History::kKept);
}

TEST(History, IsKeptInMemoryWhileItsFileCannotBeWrittenAndWrittenWhenItCan) {
  HistoryLab lab;
  lab.start();
  lab.event_file_refuses = ENOSPC;
  lab.add("bond0");
  EXPECT_THAT(lab.kinds(), Contains("created"));
  lab.event_file_refuses = 0;
  lab.set("bond0", {{"miimon", "200"}});
  EXPECT_THAT(parse_event_file(lab.event_text, "a boot").events, IsEmpty());  // not at every event
  lab.time.pass(11s);
  lab.set("bond0", {{"miimon", "300"}});
  EXPECT_EQ(parse_event_file(lab.event_text, "a boot").events.size(), lab.kinds().size());
}

TEST(History, IsReplayedToASubscriberFromANumberOn) {
  HistoryLab lab;
  lab.start();
  lab.add("bond0");
  const auto next = lab.daemon().history(kAnywhere, 0, 0)->next;
  lab.set("bond0", {{"miimon", "200"}});
  std::vector<std::string> heard;
  const auto token = lab.daemon().subscribe(
      kAnywhere,
      [&](const core::StampedEvent& event) { heard.emplace_back(core::event_kind_name(event.event.kind)); },
      next);
  EXPECT_THAT(heard, ElementsAre("option"));
  lab.set("bond0", {{"miimon", "300"}});
  EXPECT_THAT(heard, ElementsAre("option", "option"));
}

// The real file

class EventFileOnDisk : public testing::Test {
 protected:
  EventFileOnDisk() {
    char name[] = "/tmp/ebond-events-XXXXXX";
    directory = ::mkdtemp(name);
  }
  ~EventFileOnDisk() override { std::filesystem::remove_all(directory); }
  EventFileText read() {
    asio::io_context loop;
    KernelEventFile file(loop, directory / "events", "a boot");
    os::Result<EventFileText> found;
    bool is_answered = false;
    file.read([&](const auto& text) {
      found = text;
      is_answered = true;
    });
    const auto work = asio::make_work_guard(loop);
    while (!is_answered && loop.run_one_for(5s) > 0) {
    }
    EXPECT_TRUE(is_answered);
    EXPECT_TRUE(found) << found.error().message();
    return found.value_or(EventFileText{});
  }
  std::filesystem::path directory;
};

TEST_F(EventFileOnDisk, HasWhatWasPutThereOnceTheDaemonIsGone) {
  EXPECT_THAT(read().events, IsEmpty());
  {
    asio::io_context loop;
    KernelEventFile file(loop, directory / "events", "a boot");
    file.replace({happened(7, 1, "bond1")});
    EXPECT_TRUE(file.append(happened(7, 2, "bond2")));
    EXPECT_TRUE(file.append(happened(7, 3, "bond3")));
  }
  EXPECT_THAT(bonds_of(read()), ElementsAre("bond1", "bond2", "bond3"));
}

TEST_F(EventFileOnDisk, SaysThatItCannotBeWritten) {
  asio::io_context loop;
  KernelEventFile file(loop, directory / "missing" / "events", "a boot");
  std::vector<std::string> told;
  file.hear([&](const auto& written) { told.push_back(written ? "" : written.error().message()); });
  file.append(happened(7, 2, "bond2"));
  const auto work = asio::make_work_guard(loop);
  loop.run_one_for(5s);
  EXPECT_THAT(told, ElementsAre(HasSubstr("missing/events: No such file")));
}

}  // namespace
}  // namespace ebond::daemon
