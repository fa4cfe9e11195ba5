// The small parts of a bond by themselves: its files, its record of failovers, its absentees, its births.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <set>

#include "daemon/bond/absentees.h"
#include "daemon/bond/birth.h"
#include "daemon/bond/failover_clock.h"
#include "daemon/bond/files.h"
#include "daemon/bond/kernel_disk.h"
#include "daemon/bond/store.h"
#include "world.h"

namespace ebond::daemon {
namespace {

using std::chrono::microseconds;

StoredBond sample() {
  StoredBond bond{.where = {.device = 4, .inode = 4026531840}, .lower = os::IfIndex(8), .memory = {}};
  bond.memory.name = "bond0";
  bond.memory.ifindex = os::IfIndex(7);
  bond.memory.options.mode = core::Mode::active_backup;
  SlaveOriginals eth0;
  eth0.ifindex = os::IfIndex(2);
  eth0.name = "eth0";
  bond.originals.push_back(eth0);
  bond.absent.push_back({.name = "eth9", .permanent_mac = {}, .options = {.prio = 7}});
  bond.last_failover = core::Failover{};
  bond.last_failover->to = "eth1";
  return bond;
}

TEST(Store, WhatIsWrittenIsReadBack) {
  const auto read = from_text(to_text(sample()), "state.json");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(to_text(*read), to_text(sample()));
  EXPECT_EQ(read->originals.at(0).name, "eth0");
  EXPECT_EQ(read->absent.at(0).options.prio, 7);
  EXPECT_EQ(read->last_failover->to, "eth1");
}

TEST(Store, RefusesWhatItDoesNotKnow) {
  auto text = to_text(sample());
  EXPECT_EQ(from_text("", "state.json").error().errno_value, EINVAL);
  EXPECT_EQ(from_text("{}", "state.json").error().errno_value, EINVAL);
  text.replace(text.find("\"format\": 1"), 11, "\"format\": 9");
  EXPECT_EQ(from_text(text, "state.json").error().errno_value, EPROTO);
}

TEST(Store, KeepsNamesThatAreNotUtf8) {
  auto bond = sample();
  bond.memory.name = "b\xff\x1b";
  bond.originals.at(0).name =
      "e\xff"
      "0";
  const auto read = from_text(to_text(bond), "state.json");
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->memory.name, bond.memory.name);
  EXPECT_EQ(read->originals.at(0).name, bond.originals.at(0).name);
}

TEST(Store, RefusesNumbersThatMeanNothing) {
  auto bond = sample();
  core::SlaveMemory slave;
  slave.facts.name = "eth0";
  slave.facts.ifindex = os::IfIndex(2);
  const auto refusal = [&] {
    auto read = from_text(to_text(bond), "state.json");
    return read ? "" : read.error().message();
  };
  bond.memory.slaves = {slave};
  EXPECT_EQ(refusal(), "");
  bond.memory.slaves[0].slot = core::SlotId(64);
  EXPECT_THAT(refusal(), testing::HasSubstr("slot 64 is not one of 0 to 63"));
  bond.memory.slaves[0] = slave;
  bond.memory.slaves[0].mii_status = core::MiiStatus(99);
  EXPECT_THAT(refusal(), testing::HasSubstr("MII status 99"));
  bond.memory.slaves = {slave, slave};
  EXPECT_THAT(refusal(), testing::HasSubstr("of another one"));
  bond.memory.slaves = {slave};
  bond.memory.buckets = {core::SlotId(200)};
  EXPECT_THAT(refusal(), testing::HasSubstr("slot 200"));
  bond.memory.buckets.assign(core::Table::kMaxBuckets + 1, core::SlotId(0));
  EXPECT_THAT(refusal(), testing::HasSubstr("8193 buckets"));
}

TEST(Store, RefusesWhatIsNoWholeNumberOrTooDeep) {
  const auto refusal = [](const std::string& name, const std::string& value) {
    auto text = to_text(sample());
    const auto format = text.find("\"format\"");
    text.insert(format, fmt::format("\"{}\": {}, ", name, value));
    const auto read = from_text(text, "state.json");
    return read ? "" : read.error().message();
  };
  EXPECT_EQ(refusal("failovers_of_another_ebond", "17"), "");
  EXPECT_THAT(refusal("since", "1.8e114"), testing::HasSubstr("1.8e+114 is no whole number"));
  EXPECT_THAT(refusal("slave", "{\"ifindex\": 2.5}"), testing::HasSubstr("2.5 is no whole number"));
  EXPECT_THAT(refusal("deep", std::string(100'000, '[') + std::string(100'000, ']')),
              testing::HasSubstr("more than 16 deep"));
}

constexpr core::TimePoint kNow{std::chrono::seconds(100)};

TEST(Files, AreWrittenOnlyIfTheyDiffer) {
  Script script;
  FakeDisk disk(script);
  const RunDirectory directory("/run/ebond");
  Files files(disk, directory, "1-7");
  ASSERT_TRUE(files.write_state(sample(), kNow));
  ASSERT_TRUE(files.write_state(sample(), kNow));
  ASSERT_TRUE(files.write_proc("", "bond0", "text"));
  ASSERT_TRUE(files.write_proc("", "bond0", "text"));
  EXPECT_EQ(script.lines().size(), 2U);
  ASSERT_TRUE(files.write_proc("web", "bond0", "text"));
  EXPECT_TRUE(disk.files.contains("/run/ebond/netns/web/proc/bond0"));
  EXPECT_FALSE(disk.files.contains("/run/ebond/proc/bond0"));
  files.remove("web", "bond0");
  EXPECT_TRUE(disk.files.empty());
}

TEST(Files, AWriteThatFailedIsTriedAgain) {
  Script script;
  FakeDisk disk(script);
  const RunDirectory directory("/run/ebond");
  Files files(disk, directory, "1-7");
  disk.write_errno = ENOSPC;
  EXPECT_FALSE(files.write_state(sample(), kNow));
  EXPECT_FALSE(files.write_proc("", "bond0", "text"));
  disk.write_errno = 0;
  EXPECT_TRUE(files.write_state(sample(), kNow));
  EXPECT_TRUE(files.write_proc("", "bond0", "text"));
  EXPECT_EQ(disk.files.size(), 2U);
}

StoredBond with_clients(std::uint8_t count) {
  auto bond = sample();
  for (std::uint8_t i = 0; i < count; ++i) bond.memory.clients.push_back({.client = {192, 0, 2, i}});
  return bond;
}

TEST(Files, ClientsAloneAreWrittenOnceASecondAndThenAllOfThem) {
  Script script;
  FakeDisk disk(script);
  const RunDirectory directory("/run/ebond");
  Files files(disk, directory, "1-7");
  const auto now = kNow;
  const auto saved = [&] {
    return from_text(disk.files.begin()->second, "state.json")->memory.clients.size();
  };
  ASSERT_TRUE(files.write_state(with_clients(1), now));
  EXPECT_EQ(saved(), 1U);
  EXPECT_FALSE(files.state_due());
  for (std::uint8_t i = 2; i < 50; ++i)
    ASSERT_TRUE(files.write_state(with_clients(i), now + i * microseconds(10)));
  EXPECT_EQ(script.lines().size(), 1U);
  EXPECT_EQ(files.state_due(), now + Files::kClientsWrittenEvery);
  ASSERT_TRUE(files.write_state(with_clients(50), now + Files::kClientsWrittenEvery));
  EXPECT_EQ(saved(), 50U);
  EXPECT_FALSE(files.state_due());
}

TEST(Files, ClientsAreWrittenAtOnceWithWhateverElseDiffers) {
  Script script;
  FakeDisk disk(script);
  const RunDirectory directory("/run/ebond");
  Files files(disk, directory, "1-7");
  ASSERT_TRUE(files.write_state(with_clients(1), kNow));
  auto other = with_clients(2);
  other.memory.active_slave = "eth1";
  ASSERT_TRUE(files.write_state(other, kNow));
  EXPECT_EQ(from_text(disk.files.begin()->second, "state.json")->memory.clients.size(), 2U);
  auto seen_again = other;
  seen_again.memory.clients.front().seen = kNow;
  ASSERT_TRUE(files.write_state(seen_again, kNow + std::chrono::hours(1)));
  EXPECT_EQ(script.lines().size(), 2U) << "when a client was seen is nothing to write";
  EXPECT_FALSE(files.state_due());
}

TEST(Files, StateIsDueASecondAfterTheLatestOnceClientsMayDiffer) {
  Script script;
  FakeDisk disk(script);
  const RunDirectory directory("/run/ebond");
  Files files(disk, directory, "1-7");
  ASSERT_TRUE(files.write_state(sample(), kNow));
  files.clients_may_differ(kNow + microseconds(400000));
  files.clients_may_differ(kNow + microseconds(800000));
  EXPECT_EQ(files.state_due(), kNow + Files::kClientsWrittenEvery);
}

TEST(FailoverClock, CountsFromWhenTheCauseWasKnown) {
  FailoverClock clock;
  const core::TimePoint heard(std::chrono::seconds(5));
  FailoverClock::Turn turn{.heard = heard, .table_written = heard + microseconds(40)};
  core::StampedEvent failover;
  failover.event = {.kind = core::EventKind::failover, .from = "eth0", .to = "eth1"};
  clock.note(failover, turn);
  EXPECT_EQ(failover.table_us, 40);
  EXPECT_EQ(clock.latest()->announce_us, -1);
  // An announcement in a later turn completes it, once.
  FailoverClock::Turn later{.heard = heard + microseconds(500)};
  clock.announced(later, heard + microseconds(600), 0);
  EXPECT_EQ(clock.latest()->announce_us, -1);
  clock.announced(later, heard + microseconds(700), 2);
  clock.announced(later, heard + microseconds(900), 2);
  EXPECT_EQ(clock.latest()->announce_us, 700);
}

TEST(FailoverClock, KeepsTheLatestTenAndCountsAllByCauseAndTime) {
  FailoverClock clock;
  const core::TimePoint heard(std::chrono::seconds(5));
  for (int number = 0; number < 12; ++number) {
    core::StampedEvent failover;
    failover.realtime_ns = number;
    failover.event = {.kind = core::EventKind::failover, .seen_by = core::LinkSource::hook};
    clock.note(failover, {.heard = heard, .table_written = heard + microseconds(number == 0 ? 50 : 51)});
  }
  core::StampedEvent never_written;
  never_written.realtime_ns = 12;
  clock.note(never_written, {.heard = heard});
  const auto& history = clock.history();
  ASSERT_EQ(history.latest.size(), core::FailoverHistory::kKept);
  EXPECT_EQ(history.latest.front().realtime_ns, 3);
  EXPECT_EQ(history.latest.back().realtime_ns, 12);
  EXPECT_EQ(history.by_cause, (std::map<std::string, std::uint64_t>{{"hook", 12}, {"unknown", 1}}));
  EXPECT_EQ(history.by_time.at(0), 1u) << "50 us is within the first class";
  EXPECT_EQ(history.by_time.at(1), 11u);
  EXPECT_EQ(history.total_us, 50u + 11 * 51u);
}

TEST(FailoverClock, KnowsNoTimesOfAnEarlierDaemonsFailover) {
  FailoverClock clock;
  clock.restore(core::Failover{}, {});
  FailoverClock::Turn turn;
  clock.announced(turn, core::TimePoint(microseconds(7)), 1);
  EXPECT_EQ(clock.latest()->announce_us, -1);
}

TEST(Absentees, ExpectTheCardThatLeftAndNoOther) {
  const auto mac = *wire::MacAddress::parse("02:00:00:00:00:01");
  const auto other = *wire::MacAddress::parse("02:00:00:00:00:02");
  Absentees absentees;
  absentees.left({.name = "eth1", .permanent_mac = mac, .options = {}});
  os::LinkInfo link;
  link.name = "eth1";
  link.permanent_mac = mac;
  EXPECT_TRUE(absentees.expected(link));
  link.permanent_mac = other;
  EXPECT_FALSE(absentees.expected(link));
  link.permanent_mac.reset();  // this kind has none
  EXPECT_TRUE(absentees.expected(link));
  link.name = "eth2";
  EXPECT_FALSE(absentees.expected(link));
  EXPECT_EQ(absentees.all().size(), 1U);
  absentees.returned("eth1");
  EXPECT_TRUE(absentees.has_returned("eth1"));
  absentees.forget_return("eth1");
  EXPECT_FALSE(absentees.has_returned("eth1"));
  absentees.forget("eth1");
  EXPECT_TRUE(absentees.empty());
}

TEST(KernelDisk, WritesAlthoughNoDescriptorIsLeft) {
  char name[] = "/tmp/ebond-disk-XXXXXX";
  const std::filesystem::path directory = ::mkdtemp(name);
  KernelDisk disk;
  // The sanitizer of undefined behaviour looks at an object of a type that it has not seen yet by a pipe, and
  // takes the object for broken if it gets none. So it sees all of them before descriptors run out.
  EXPECT_FALSE(disk.write(directory / "missing" / "state.json", "none", 0600));
  EXPECT_TRUE(disk.write(directory / "state.json", "zeroth", 0600));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = 64;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  std::vector<os::UniqueFd> all;
  for (int fd = 0; (fd = ::open("/dev/null", O_RDONLY)) >= 0;) all.emplace_back(fd);
  for (const auto* text : {"first", "second"}) {
    const auto written = disk.write(directory / "state.json", text, 0600);
    EXPECT_TRUE(written) << written.error().message();
  }
  all.clear();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(disk.read(directory / "state.json").value_or(""), "second");
  std::filesystem::remove_all(directory);
}

TEST(Birth, LeavesANoteForAsLongAsItTakes) {
  Script script;
  FakeDisk disk(script);
  const RunDirectory directory("/run/ebond");
  FakeKernel kernel;
  kernel.where = {.device = 4, .inode = 5};
  FakeTime time;
  FakeHands hands(script, kernel, time);
  {
    const auto birth = Birth::begin(disk, directory, hands, "bond0", "0123456789abcdef", "");
    ASSERT_TRUE(birth);
    const auto unfinished = Birth::all_unfinished(disk, directory);
    ASSERT_EQ(unfinished->size(), 1U);
    const auto& birth_of_bond0 = unfinished->at(0);
    EXPECT_EQ(birth_of_bond0.name, "bond0");
    EXPECT_EQ(birth_of_bond0.where->inode, 5U);
    EXPECT_EQ(birth_of_bond0.cookie, "0123456789abcdef");
    EXPECT_EQ(birth_of_bond0.namespace_cookie, kernel.cookie);
  }
  EXPECT_TRUE(disk.files.empty());
}

TEST(Birth, OfWhichTheNoteCannotBeReadIsNowhere) {
  Script script;
  FakeDisk disk(script);
  disk.files["/run/ebond/state/x.adding"] = "";
  const auto unfinished = Birth::all_unfinished(disk, RunDirectory("/run/ebond"));
  ASSERT_EQ(unfinished->size(), 1U);
  EXPECT_FALSE(unfinished->at(0).where);
}

TEST(RunDirectory, HasANameForItsPinsThatNoOtherPathHas) {
  EXPECT_EQ(RunDirectory::name_pins("/run/ebond"), "_run_ebond");
  EXPECT_EQ(RunDirectory::name_pins("/run/ebond/"), RunDirectory::name_pins("/run//ebond/."));
  std::set<std::string> names;
  for (const auto* path : {"/x/a", "/x_a", "/x.a", "/x%2ea", "/x-a", "/x%5fa", "/X/a"}) {
    names.insert(RunDirectory::name_pins(path));
  }
  EXPECT_EQ(names.size(), 7U);
  for (const auto& name : names) EXPECT_EQ(name.find('.'), std::string::npos) << name;
}

TEST(RunDirectory, ReadsTheKeyOfABond) {
  const auto key = RunDirectory::parse_key("4026531840-7");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->first, 4026531840U);
  EXPECT_EQ(key->second, os::IfIndex(7));
  for (const auto* other : {"", "links", "4026531840", "4026531840-", "-7", "1-2-3", "1-x"}) {
    EXPECT_FALSE(RunDirectory::parse_key(other)) << other;
  }
}

TEST(RunDirectory, KeepsEachThingInItsPlace) {
  const RunDirectory directory("/run/ebond");
  EXPECT_EQ(directory.socket(), "/run/ebond/ebond.sock");
  EXPECT_EQ(directory.state_file("4-7"), "/run/ebond/state/4-7.json");
  EXPECT_EQ(directory.proc_file("", "bond0"), "/run/ebond/proc/bond0");
  EXPECT_EQ(directory.proc_file("web", "bond0"), "/run/ebond/netns/web/proc/bond0");
  EXPECT_EQ(RunDirectory::bond_key({.device = 4, .inode = 5}, os::IfIndex(7)), "5-7");
}

TEST(Adoption, ShowsWhatItCannotReadAsFailedAndGoesOnWithTheOthers) {
  World world;
  world.start();
  ASSERT_EQ(world.add("bond0"), "");
  const auto bad = "/run/ebond/state/4026531840-1.json";
  world.files().files[bad] = "{";
  world.kill();
  world.start();
  EXPECT_EQ(world.show("bond0").failed, "");
  EXPECT_THAT(world.show("4026531840-1").failed, testing::HasSubstr("could not be taken over: cannot read"));
  EXPECT_THAT(world.del("4026531840-1"), testing::HasSubstr("could not be taken over"));
  EXPECT_TRUE(world.files().files.contains(bad));
}

TEST(Adoption, LeavesABondThatCannotBeLookedAtForALaterStart) {
  World world;
  world.start();
  ASSERT_EQ(world.add("bond0"), "");
  const auto before = world.describe();
  world.kill();
  world.start_refusing("link bond0", ENOBUFS);
  EXPECT_THAT(world.show("bond0").failed, testing::HasSubstr("link bond0"));
  EXPECT_EQ(world.describe(), before);
  world.kill();
  world.start();
  EXPECT_EQ(world.show("bond0").failed, "");
}

TEST(Exceptions, OfOneBondEndItsWorkAndNotTheDaemon) {
  World world;
  world.kernel.add_nic("eth0", 2);
  world.start();
  ASSERT_EQ(world.add("bond0"), "");
  ASSERT_EQ(world.add("bond1"), "");
  world.script.throw_at("write /run/ebond/state/4026531840-102");
  EXPECT_THAT(world.set("bond1", {{"miimon", "50"}}), testing::HasSubstr("bond1 has failed"));
  world.script.throw_at("");
  EXPECT_NE(world.show("bond1").failed, "");
  EXPECT_THAT(world.set("bond1", {{"miimon", "50"}}), testing::HasSubstr("restart ebondd"));
  EXPECT_EQ(world.show("bond0").failed, "");
  EXPECT_EQ(world.set("bond0", {{"miimon", "50"}}), "");
  world.hands().tell_of("bond1");  // news of it are nobody's
  EXPECT_EQ(world.del("bond1"), "");
  EXPECT_EQ(world.kernel.find("bond1"), nullptr);
}

TEST(RunDirectories, ThatOthersMayWriteToAreRefused) {
  char name[] = "/tmp/ebond-run-XXXXXX";
  const std::filesystem::path directory = ::mkdtemp(name);
  std::filesystem::permissions(directory, std::filesystem::perms::all);
  const auto refused = RunDirectory::open(directory);
  std::filesystem::remove_all(directory);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().errno_value, EPERM);
  EXPECT_EQ(RunDirectory::open(directory).error().errno_value, ENOENT);
}

TEST(Adoption, ClearsAwayABondWhoseNamespaceIsGone) {
  World world;
  world.start();
  ASSERT_EQ(world.add("bond0"), "");
  world.kill();
  world.kernel.where.inode = 77;
  world.start();
  EXPECT_FALSE(world.files().files.contains("/run/ebond/state/4026531840-100.json"));
  EXPECT_TRUE(world.kernel.pins.empty());
}

TEST(Adoption, RemovesABondThatWasOnlyPartlyCreated) {
  World counted;
  counted.start();
  const auto before = counted.describe();
  counted.script.start();
  ASSERT_EQ(counted.add("bond0"), "");
  const auto after = counted.describe();
  for (std::size_t step = 0; step < counted.script.steps(); ++step) {
    World world;
    world.start();
    world.die_in(step, [&] { (void)world.add("bond0"); });
    SCOPED_TRACE("killed at step " + std::to_string(step) + ": " + world.script.failed());
    world.start();
    const auto now = world.describe();
    EXPECT_TRUE(now == before || now == after) << now;
  }
}

}  // namespace
}  // namespace ebond::daemon
