// The server on a real socket, with a loop of its own in a thread, against real clients.
#include "control/server.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <chrono>
#include <fstream>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "control/client.h"
#include "control/descriptor_passing.h"
#include "control/socket_address.h"
#include "tests/unit/control/fake_service.h"
#include "tests/unit/control/lesser.h"

namespace ebond::control {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
using namespace std::string_view_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class Directory {
 public:
  Directory() {
    char name[] = "/tmp/ebond-control-XXXXXX";
    path_ = ::mkdtemp(name);
    std::filesystem::permissions(path_, std::filesystem::perms(0755));
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  std::filesystem::path socket() const { return path_ / "ebond.sock"; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class ServerTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto listening = server->listen();
    ASSERT_TRUE(listening) << listening.error().message;
    loop = std::thread([this] { io.run(); });
  }
  void TearDown() override {
    on_loop([this] { server.reset(); });
    work.reset();
    loop.join();
  }

  /// Runs `action` in the server's thread and waits for it.
  template <class Action>
  std::invoke_result_t<Action> on_loop(Action action) {
    std::packaged_task<std::invoke_result_t<Action>()> task(std::move(action));
    auto result = task.get_future();
    asio::post(io, [&task] { task(); });
    return result.get();
  }

  /// Of the service so far. Another process may have called, whose end orders nothing between our threads.
  std::vector<std::string> calls() {
    return on_loop([this] { return service.calls; });
  }
  std::vector<ino_t> namespaces() {
    return on_loop([this] { return service.namespaces; });
  }

  Client connect() {
    auto client = Client::connect(directory.socket());
    EXPECT_TRUE(client);
    return std::move(*client);
  }

  /// A socket without the client around it.
  os::UniqueFd raw_connection() {
    const auto address = socket_address(directory.socket());
    os::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(socket.get(), address->get(), address->size()), 0);
    const timeval limit{5, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    return socket;
  }

  /// Everything until the server closes, or five seconds.
  static std::string read_to_end(const os::UniqueFd& socket) {
    std::string result;
    std::array<char, 4096> space;
    for (;;) {
      const auto got = ::recv(socket.get(), space.data(), space.size(), 0);
      if (got < 0) ADD_FAILURE() << "the server neither answered nor closed";
      if (got <= 0) return result;
      result.append(space.data(), static_cast<std::size_t>(got));
    }
  }

  Directory directory;
  FakeService service;
  asio::io_context io;
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  std::unique_ptr<Server> server = std::make_unique<Server>(io, directory.socket(), service);
  std::thread loop;
};

ino_t inode_of(const char* path) {
  struct stat info{};
  EXPECT_EQ(::stat(path, &info), 0);
  return info.st_ino;
}

TEST_F(ServerTest, AnswersManyCallsOnOneConnection) {
  auto client = connect();
  EXPECT_TRUE(client.add("bond0", {{"mode", "1"}}));
  EXPECT_TRUE(client.set_slave("eth0", {{"prio", "5"}}));
  EXPECT_EQ(client.enslave("bond0", {"eth0"}).value().size(), 1u);
  EXPECT_TRUE(client.enslave("bond0", {"eth3"}, Absent::awaited));
  EXPECT_TRUE(client.release("bond0", {"eth0"}));
  EXPECT_TRUE(client.del("bond0"));
  EXPECT_EQ(client.show("").value().size(), 1u);
  EXPECT_THAT(calls(), ElementsAre("add bond0 mode=1", "set_slave eth0 prio=5", "enslave bond0 eth0",
                                   "enslave bond0 eth3 or wait", "release bond0 eth0", "del bond0", "show "));
}

TEST_F(ServerTest, CarriesARefusalToTheClientAsItIs) {
  service.refusal = Error{Error::Kind::conflict, "bond0 exists already", "mode"};
  const auto refused = connect().add("bond0", {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::conflict);
  EXPECT_EQ(refused.error().message, "bond0 exists already");
  EXPECT_EQ(refused.error().option, "mode");
}

TEST_F(ServerTest, WorksInTheNamespaceWhoseDescriptorCame) {
  std::promise<os::UniqueFd> made;
  std::thread([&] {
    ASSERT_EQ(::unshare(CLONE_NEWNET), 0);
    made.set_value(os::UniqueFd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)));
  }).join();
  auto netns = made.get_future().get();
  struct stat info{};
  ::fstat(netns.get(), &info);

  auto client = connect();
  EXPECT_TRUE(client.show(""));
  client.in_namespace(std::move(netns));
  EXPECT_TRUE(client.show(""));
  EXPECT_TRUE(client.show(""));
  EXPECT_THAT(namespaces(), ElementsAre(inode_of("/proc/self/ns/net"), info.st_ino, info.st_ino));
}

TEST_F(ServerTest, TakesTheNamespaceOfACallerThatSentNone) {
  const auto socket = raw_connection();
  ASSERT_TRUE(send_with_descriptor(socket.get(), "{\"method\":\"io.ebond.Show\"}\0"sv, -1));
  std::array<char, 4096> space;
  ASSERT_GT(::recv(socket.get(), space.data(), space.size(), 0), 0);
  EXPECT_THAT(namespaces(), ElementsAre(inode_of("/proc/self/ns/net")));
}

TEST_F(ServerTest, RefusesADescriptorOfAnythingElse) {
  const auto socket = raw_connection();
  const os::UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(send_with_descriptor(socket.get(), "{\"method\":\"io.ebond.Show\"}\0"sv, null.get()));
  EXPECT_THAT(read_to_end(socket), HasSubstr("not that of a network namespace"));
  EXPECT_TRUE(calls().empty());
}

/// Runs `action` as uid 65534 in a process of its own: what it returns, or what it exited with.
template <class Action>
int as_nobody(Action action) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setresgid(65534, 65534, 65534) != 0 || ::setresuid(65534, 65534, 65534) != 0) ::_exit(100);
    ::_exit(action());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(ServerTest, TakesNoDescriptorFromAGuest) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  const auto refused = as_nobody([this] {
    const auto socket = raw_connection();
    const os::UniqueFd own(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
    for (int i = 0; i < 2; ++i) {  // where the kernel does not pass it on, send() says so
      const auto sent = send_with_descriptor(socket.get(), "{\"method\":\"io.ebond.Show\"}\0"sv, own.get());
      if (!sent) return sent.error() == std::errc::operation_not_permitted ? 0 : 1;
      std::array<char, 4096> answer{};
      const auto size = ::recv(socket.get(), answer.data(), answer.size(), 0);
      const std::string_view text(answer.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
      if (text.contains("only root of the host may send")) return 0;
    }
    return 2;
  });
  EXPECT_EQ(refused, 0);
  EXPECT_TRUE(calls().empty());
}

TEST_F(ServerTest, ShowsAGuestTheNamespaceThatItNames) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  const auto done = as_nobody([this] {
    auto client = Client::connect(directory.socket());
    if (!client) return 1;
    client->only_look_at("net:[4711]");
    if (!client->show("")) return 2;
    const auto refused = client->del("bond0");
    return !refused && refused.error().kind == Error::Kind::permission ? 0 : 3;
  });
  EXPECT_EQ(done, 0);
  EXPECT_THAT(namespaces(), ElementsAre(4711u));
  EXPECT_THAT(calls(), ElementsAre("show "));
}

TEST_F(ServerTest, TakesShorterMessagesFromAGuestThanFromRoot) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  const auto ask = [this] {
    auto client = Client::connect(directory.socket());
    const auto shown = client->show(std::string(20'000, 'x'));
    if (shown) return 0;
    return shown.error().message.find("longer than 16384 bytes") != std::string::npos ? 1 : 2;
  };
  EXPECT_EQ(ask(), 0);
  EXPECT_EQ(as_nobody(ask), 1);
}

TEST_F(ServerTest, SurvivesANestDeepEnoughForItsStack) {
  const auto socket = raw_connection();
  const std::string nest = R"({"method":"io.ebond.Show","parameters":{"bond":)" + std::string(100'000, '[') +
                           std::string(100'000, ']') + "}}";
  ASSERT_TRUE(send_with_descriptor(socket.get(), nest + '\0', -1));
  EXPECT_THAT(read_to_end(socket), HasSubstr("nested deeper than 16"));
  EXPECT_TRUE(connect().show(""));
}

TEST_F(ServerTest, AnswersOneCallOfAConnectionAndThenLooksAfterOthers) {
  std::string flood;
  for (int i = 0; i < 300; ++i) flood += "{\"method\":\"io.ebond.Show\",\"oneway\":true}\0"sv;
  std::promise<std::size_t> behind;
  service.during_call = [&] {
    if (service.calls.size() == 1) {
      asio::post(io, [&] { behind.set_value(service.calls.size()); });  // as news of a link would come in
    }
  };
  const auto socket = raw_connection();
  ASSERT_TRUE(send_with_descriptor(socket.get(), flood, -1));
  EXPECT_LE(behind.get_future().get(), 2u) << "calls before the news";
  on_loop([&] { service.during_call = nullptr; });
}

TEST_F(ServerTest, AnswersAGuestThatAsksTooMuchLater) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  constexpr int kCalls = 200;
  const auto begin = std::chrono::steady_clock::now();
  const auto done = as_nobody([this] {
    auto client = Client::connect(directory.socket());
    for (int i = 0; i < kCalls; ++i) {
      if (!client->show("")) return 1;
    }
    return 0;
  });
  EXPECT_EQ(done, 0);
  // 50 at once, then one each 20 ms.
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 20ms * (kCalls - 50 - 5));
}

TEST_F(ServerTest, LetsAnotherUserLookButChangeNothing) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  const auto done = as_nobody([this] {
    auto client = Client::connect(directory.socket());
    if (!client) return 11;
    if (!client->show("")) return 12;
    const auto refused = client->del("bond0");
    return refused || refused.error().kind != Error::Kind::permission ? 13 : 0;
  });
  EXPECT_EQ(done, 0);
  EXPECT_THAT(calls(), ElementsAre("show "));
}

TEST_F(ServerTest, GivesAGuestSoManyConnectionsAndRootStillGetsIn) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  for (const bool as_uid_zero : {false, true}) {
    int ready[2];
    int done[2];
    ASSERT_EQ(::pipe2(ready, O_CLOEXEC) | ::pipe2(done, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      if (!(as_uid_zero ? drop_capabilities() : ::setuid(65534) == 0)) ::_exit(10);
      std::vector<Client> clients;
      int served = 0;
      for (int i = 0; i < 40; ++i) {
        if (auto client = Client::connect(directory.socket())) clients.push_back(std::move(*client));
      }
      for (auto& client : clients) served += client.show("") ? 1 : 0;
      char byte = static_cast<char>(served);
      if (::write(ready[1], &byte, 1) != 1 || ::read(done[0], &byte, 1) != 1) ::_exit(11);
      ::_exit(0);
    }
    char served = 0;
    ASSERT_EQ(::read(ready[0], &served, 1), 1);
    EXPECT_EQ(served, 16) << (as_uid_zero ? "uid 0 without capabilities" : "uid 65534");
    EXPECT_TRUE(connect().show(""));
    ASSERT_EQ(::write(done[1], "x", 1), 1);
    ::waitpid(child, nullptr, 0);
  }
}

TEST_F(ServerTest, SaysWhatIsWrongWithAMalformedMessageAndCloses) {
  const auto socket = raw_connection();
  ASSERT_TRUE(send_with_descriptor(socket.get(), "nonsense\0{\"method\":\"io.ebond.Show\"}\0"sv, -1));
  EXPECT_THAT(read_to_end(socket), HasSubstr("not a Varlink call"));
  EXPECT_TRUE(calls().empty());
}

TEST_F(ServerTest, EndsAConnectionWhoseMessageNeverEnds) {
  const auto socket = raw_connection();
  const std::string endless(300 * 1024, 'x');
  (void)send_with_descriptor(socket.get(), endless, -1);  // cut off somewhere in the middle
  EXPECT_TRUE(connect().show(""));
}

TEST_F(ServerTest, AnswersOthersWhileOneClientSendsHalfAMessageAndOneReadsNothing) {
  const auto half = raw_connection();
  ASSERT_TRUE(send_with_descriptor(half.get(), "{\"method\":", -1));
  const auto deaf = raw_connection();
  ASSERT_EQ(::fcntl(deaf.get(), F_SETFL, O_NONBLOCK), 0);
  while (send_with_descriptor(deaf.get(), "{\"method\":\"org.varlink.service.GetInfo\"}\0"sv, -1)) {
  }
  EXPECT_TRUE(connect().show(""));
}

TEST_F(ServerTest, CarriesOutAOnewayCallWithoutAnswering) {
  const auto socket = raw_connection();
  ASSERT_TRUE(send_with_descriptor(
      socket.get(), "{\"method\":\"io.ebond.Show\",\"oneway\":true}\0{\"method\":\"io.ebond.Check\"}\0"sv,
      -1));
  ::shutdown(socket.get(), SHUT_WR);
  const auto text = read_to_end(socket);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\0'), 1);
  EXPECT_THAT(text, HasSubstr("run `ebond check`"));
  EXPECT_THAT(calls(), ElementsAre("show "));
}

TEST_F(ServerTest, SendsEventsToASubscriberUntilItLeaves) {
  {
    auto client = connect();
    std::vector<core::EventKind> kinds;
    core::StampedEvent last;
    const auto ended = client.events(
        [&] {
          on_loop([&] {
            service.sink({1, 2, "", "bond0", {core::EventKind::link, "eth0", "up", "down", "carrier lost"}});
            service.sink(
                {3,
                 4,
                 "",
                 "bond0",
                 {core::EventKind::failover, "", "eth0", "eth1", "eth0 is down", core::LinkSource::hook},
                 84,
                 133});
          });
        },
        [&](const core::StampedEvent& event, std::size_t) {
          kinds.push_back(event.event.kind);
          last = event;
          return kinds.size() < 2;
        });
    EXPECT_TRUE(ended);
    EXPECT_THAT(kinds, ElementsAre(core::EventKind::link, core::EventKind::failover));
    EXPECT_EQ(last.event.seen_by, core::SeenBy(core::LinkSource::hook));
    EXPECT_EQ(last.table_us, 84);
    EXPECT_EQ(last.announce_us, 133);
  }
  for (int i = 0; i < 500 && on_loop([&] { return service.sink != nullptr; }); ++i) {
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_FALSE(service.sink) << "the subscription outlived its client";
}

TEST_F(ServerTest, SendsWhatIsKeptAndThenWhatHappensWithoutAGap) {
  const auto kept = [&](std::int64_t when) {
    service.kept.push({1, std::make_shared<const core::StampedEvent>(
                              core::StampedEvent{.realtime_ns = when, .bond = "bond0"})});
  };
  on_loop([&] {
    for (std::int64_t when = 1; when <= 5; ++when) kept(when);
  });
  auto client = connect();
  std::vector<std::int64_t> heard;
  const auto next = client.history(2, [&](const core::StampedEvent& event, std::size_t) {
    heard.push_back(event.realtime_ns);
    return true;
  });
  ASSERT_TRUE(next && *next);
  on_loop([&] { kept(6); });
  const auto ended = client.events(
      [&] { on_loop([&] { service.sink(core::StampedEvent{.realtime_ns = 7, .bond = "bond0"}); }); },
      [&](const core::StampedEvent& event, std::size_t) {
        heard.push_back(event.realtime_ns);
        return event.realtime_ns < 7;
      },
      *next);
  EXPECT_TRUE(ended);
  EXPECT_THAT(heard, ElementsAre(2, 3, 4, 5, 6, 7));
}

TEST_F(ServerTest, TellsASlowSubscriberHowManyEventsItMissed) {
  constexpr std::size_t kFlood = 20'000;
  auto client = connect();
  std::size_t seen = 0;
  std::size_t missed = 0;
  const auto ended = client.events(
      [&] {
        on_loop([&] {
          for (std::size_t i = 0; i < kFlood; ++i) {
            service.sink(
                {static_cast<std::int64_t>(i), 0, "", "bond0", {core::EventKind::link, "eth0", "", "", ""}});
          }
        });
      },
      [&](const core::StampedEvent& event, std::size_t missed_before) {
        ++seen;
        missed += missed_before;
        return event.realtime_ns != kFlood - 1;
      });
  EXPECT_TRUE(ended);
  EXPECT_GT(missed, 0u);
  EXPECT_EQ(seen + missed, kFlood);
}

TEST_F(ServerTest, RefusesEventsWithoutMore) {
  const auto refused = connect().call("io.ebond.Events", json::object());
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("ExpectedMore"));
}

TEST_F(ServerTest, LeavesNoDescriptorBehindAfterManyClients) {
  const auto open_files = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  EXPECT_TRUE(connect().show(""));
  std::this_thread::sleep_for(50ms);
  const auto before = open_files();
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(connect().show(""));
  for (int i = 0; i < 100 && open_files() > before; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(open_files(), before);
}

TEST_F(ServerTest, RefusesASecondDaemonOnTheSameDirectory) {
  asio::io_context other;
  const auto refused = Server(other, directory.socket(), service).listen();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::conflict);
  EXPECT_EQ(refused.error().message, "another ebondd runs on " + directory.path().native());
  EXPECT_TRUE(connect().show("")) << "the first daemon's socket was harmed";
}

class StingyServerTest : public ServerTest {
 protected:
  StingyServerTest() {
    ServerOptions options;
    options.limits.calls = options.limits.calls_of_one = {kEach, kAtOnce};
    server = std::make_unique<Server>(io, directory.socket(), service, options);
  }
  static constexpr auto kEach = 200ms;
  static constexpr int kAtOnce = 5;
};

TEST_F(StingyServerTest, AnswersRootAtOnceHoweverMuchItAsks) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root is answered so";
  constexpr int kCalls = 30;
  const auto begin = std::chrono::steady_clock::now();
  auto root = connect();
  for (int i = 0; i < kCalls; ++i) EXPECT_TRUE(root.show(""));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kEach * (kCalls - kAtOnce) / 2)
      << "half of a guest's time";
}

class ImpatientServerTest : public ServerTest {
 protected:
  ImpatientServerTest() {
    ServerOptions options;
    options.limits.patience = 300ms;
    server = std::make_unique<Server>(io, directory.socket(), service, options);
  }
};

TEST_F(ImpatientServerTest, EndsAGuestsConnectionThatIsSilentOrNeverEndsItsMessage) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  const auto ended = as_nobody([this] {
    const auto silent = raw_connection();
    const auto half = raw_connection();
    if (!send_with_descriptor(half.get(), "{\"method\":", -1)) return 1;
    return read_to_end(silent).empty() && read_to_end(half).empty() && !HasFailure() ? 0 : 2;
  });
  EXPECT_EQ(ended, 0);
}

TEST_F(ImpatientServerTest, LetsRootAndSubscribersBeSilent) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  auto root = connect();
  EXPECT_TRUE(root.show(""));
  std::thread late_news([this] {
    std::this_thread::sleep_for(2s);
    on_loop([this] {
      if (service.sink) service.sink({1, 2, "", "bond0", {core::EventKind::link, "eth0", "up", "down", ""}});
    });
  });
  const auto heard = as_nobody([this] {
    auto client = Client::connect(directory.socket());
    return client->events([] {}, [](const core::StampedEvent&, std::size_t) { return false; }) ? 0 : 1;
  });
  late_news.join();
  EXPECT_EQ(heard, 0) << "the subscriber was sent away";
  EXPECT_TRUE(root.show("")) << "root was";
}

TEST(ServerSocket, ReplacesTheOneADeadDaemonLeft) {
  Directory directory;
  const auto address = socket_address(directory.socket());
  {
    os::UniqueFd dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(dead.get(), address->get(), address->size()), 0);
    ASSERT_EQ(::listen(dead.get(), 1), 0);
  }
  const auto to_the_dead = Client::connect(directory.socket());
  ASSERT_FALSE(to_the_dead);
  EXPECT_EQ(to_the_dead.error().kind, ConnectFailure::Kind::no_daemon);

  FakeService service;
  asio::io_context io;
  Server server(io, directory.socket(), service);
  EXPECT_TRUE(server.listen());
  EXPECT_TRUE(Client::connect(directory.socket()));
}

TEST(ServerSocket, IsNotTakenFromALivingListenerWithoutALock) {
  Directory directory;
  const auto address = socket_address(directory.socket());
  os::UniqueFd living(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(living.get(), address->get(), address->size()), 0);
  ASSERT_EQ(::listen(living.get(), 1), 0);
  FakeService service;
  asio::io_context io;
  const auto refused = Server(io, directory.socket(), service).listen();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::conflict);
}

TEST(ServerSocket, DoesNotReplaceAFileThatIsNoSocket) {
  Directory directory;
  std::ofstream(directory.socket()) << "precious";
  FakeService service;
  asio::io_context io;
  EXPECT_FALSE(Server(io, directory.socket(), service).listen());
  EXPECT_EQ(std::filesystem::file_size(directory.socket()), 8u);
}

TEST(ServerSocket, IsRemovedWithItsServer) {
  Directory directory;
  FakeService service;
  asio::io_context io;
  {
    Server server(io, directory.socket(), service);
    ASSERT_TRUE(server.listen());
    EXPECT_EQ(std::filesystem::status(directory.socket()).permissions(), std::filesystem::perms(0666));
  }
  EXPECT_FALSE(std::filesystem::exists(directory.socket()));
}

TEST(ServerSocket, IsOpenToAGroupAloneWhereOneIsChosen) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file to a group";
  Directory directory;
  FakeService service;
  asio::io_context io;
  ServerOptions options;
  options.group = 65534;
  Server server(io, directory.socket(), service, options);
  ASSERT_TRUE(server.listen());
  struct stat info{};
  ASSERT_EQ(::stat(directory.socket().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0660u);
  EXPECT_EQ(info.st_uid, 0u);
  EXPECT_EQ(info.st_gid, 65534u);
}

/// A daemon that was stopped: its socket takes connections and answers none.
class HungDaemon : public testing::Test {
 protected:
  HungDaemon() {
    const auto address = socket_address(directory.socket());
    EXPECT_EQ(::bind(socket.get(), address->get(), address->size()) | ::listen(socket.get(), 0), 0);
  }
  Directory directory;
  os::UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const Patience little{200ms, 400ms};
};

TEST_F(HungDaemon, IsWaitedForSoLongAndNoLonger) {
  auto client = Client::connect(directory.socket(), little);
  ASSERT_TRUE(client);
  const auto begin = std::chrono::steady_clock::now();
  const auto shown = client->show("");
  ASSERT_FALSE(shown);
  EXPECT_EQ(shown.error().kind, Error::Kind::no_answer);
  EXPECT_THAT(shown.error().message, HasSubstr("has not answered"));
  EXPECT_THAT(shown.error().message, testing::Not(HasSubstr("may still be done")));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 190ms);
  const auto again = std::chrono::steady_clock::now();
  EXPECT_EQ(client->show("").error().kind, Error::Kind::no_answer);
  EXPECT_LT(std::chrono::steady_clock::now() - again, 100ms) << "it is not waited for twice";
}

TEST_F(HungDaemon, MayStillDoWhatItWasTold) {
  auto client = Client::connect(directory.socket(), little);
  ASSERT_TRUE(client);
  const auto begin = std::chrono::steady_clock::now();
  const auto added = client->add("bond0", {});
  ASSERT_FALSE(added);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 390ms);
  EXPECT_THAT(added.error().message, HasSubstr("may still be done"));
}

TEST_F(HungDaemon, WithAFullQueueLetsNobodyHang) {
  std::vector<Client> clients;
  for (int i = 0; i < 10; ++i) {
    auto client = Client::connect(directory.socket(), little);
    if (!client) {
      EXPECT_EQ(client.error().kind, ConnectFailure::Kind::no_answer);
      return;
    }
    clients.push_back(std::move(*client));
  }
  FAIL() << "its queue was never full";
}

TEST_F(HungDaemon, IsNotToldOfANameThatIsNoText) {
  auto client = Client::connect(directory.socket(), little);
  ASSERT_TRUE(client);
  const auto refused = client->add(
      "a\xff"
      "b",
      {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::bad_option);
  EXPECT_THAT(refused.error().message, HasSubstr("not UTF-8"));
}

TEST(ClientConnect, TellsAMissingDaemonFromAForbiddenOne) {
  Directory directory;
  const auto missing = Client::connect(directory.socket());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ConnectFailure::Kind::no_daemon);
  EXPECT_THAT(missing.error().message, HasSubstr(directory.path().native()));

  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0700));
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setuid(65534) != 0) ::_exit(10);
    const auto forbidden = Client::connect(directory.socket());
    ::_exit(!forbidden && forbidden.error().kind == ConnectFailure::Kind::permission ? 0 : 11);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace ebond::control
