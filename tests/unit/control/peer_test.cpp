// Peers that are real processes: forked, stripped of their capabilities, put into user namespaces of their
// own.
#include "control/peer.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <functional>

#include "control/socket_address.h"
#include "tests/unit/control/lesser.h"

namespace ebond::control {
namespace {

using testing::HasSubstr;

/// A process that prepares itself, connects to us, and then lives until it is let go.
class Process {
 public:
  Process(
      const std::function<bool()>& prepare,
      const std::function<bool()>& after_connecting = [] { return true; }) {
    char name[] = "/tmp/ebond-peer-XXXXXX";
    directory_ = ::mkdtemp(name);
    std::filesystem::permissions(directory_, std::filesystem::perms(0755));
    const auto path = directory_ / "socket";
    const auto address = *socket_address(path);
    const os::UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(listener.get(), address.get(), address.size()) | ::listen(listener.get(), 1), 0);
    std::filesystem::permissions(path, std::filesystem::perms(0666));
    const timeval limit{10, 0};  // should it never connect
    ::setsockopt(listener.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    pid_ = ::fork();
    if (pid_ == 0) {
      const int end = ::socket(AF_UNIX, SOCK_STREAM, 0);
      if (!prepare()) ::_exit(1);
      if (::connect(end, address.get(), address.size()) != 0 || !after_connecting()) ::_exit(2);
      char byte = '!';
      (void)!::write(end, &byte, 1);
      (void)!::read(end, &byte, 1);
      ::_exit(0);
    }
    socket = os::UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }
  ~Process() {
    end();
    std::filesystem::remove_all(directory_);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Waits for it to be through with its preparations.
  bool is_ready() const {
    char byte = 0;
    return ::read(socket.get(), &byte, 1) == 1;
  }
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  pid_t pid() const { return pid_; }

  os::UniqueFd socket;

 private:
  std::filesystem::path directory_;
  pid_t pid_ = -1;
};

/// And is as dumpable as after an execve().
bool become(uid_t uid) {
  return ::setresgid(uid, uid, uid) == 0 && ::setresuid(uid, uid, uid) == 0 &&
         ::prctl(PR_SET_DUMPABLE, 1) == 0;
}

bool write_file(const char* path, const std::string& text) {
  const int file = ::open(path, O_WRONLY);
  const bool done = file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(file);
  return done;
}

/// Root of a container, as `unshare -Urn` makes one.
bool enter_container(int namespaces) {
  const auto uid = ::geteuid();
  return ::unshare(CLONE_NEWUSER | namespaces) == 0 && write_file("/proc/self/setgroups", "deny") &&
         write_file("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1");
}

os::UniqueFd own_network() {
  return os::UniqueFd(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
}

class PeerTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  }
  static Peer peer(const Process& process) {
    EXPECT_TRUE(process.is_ready()) << "it could not prepare itself";
    auto result = Peer::of(process.socket.get());
    EXPECT_TRUE(result);
    return std::move(*result);
  }
  const os::UniqueFd ours = own_network();
};

/// With peers in user namespaces of their own, which the kernel makes only for processes without a second
/// thread.
class ContainedPeerTest : public PeerTest {
 protected:
  void SetUp() override {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "the thread sanitizer has a thread of its own";
#endif
    PeerTest::SetUp();
  }
};

constexpr std::uint64_t kNetAdmin = 1U << CAP_NET_ADMIN;

TEST_F(PeerTest, RootMayChangeBonds) {
  const Process root([] { return true; });
  const auto it = peer(root);
  EXPECT_EQ(it.pid(), root.pid());
  EXPECT_EQ(it.uid(), 0u);
  EXPECT_TRUE(it.is_root());
  EXPECT_TRUE(it.may_change({ours.get()}));
}

TEST_F(PeerTest, UidZeroWithoutTheCapabilityMayNot) {
  const Process bare([] { return drop_capabilities(); });
  const auto it = peer(bare);
  EXPECT_EQ(it.uid(), 0u);
  EXPECT_FALSE(it.is_root());
  const auto refused = it.may_change({ours.get()});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Error::Kind::permission);
  EXPECT_THAT(refused.error().message, HasSubstr("does not have CAP_NET_ADMIN"));
}

TEST_F(PeerTest, AnotherUserMayNotAndOneWithTheCapabilityMay) {
  const Process nobody([] { return become(65534); });
  EXPECT_FALSE(peer(nobody).may_change({ours.get()}));

  const Process service([] {
    return ::prctl(PR_SET_KEEPCAPS, 1) == 0 && become(65534) && drop_capabilities(kNetAdmin) &&
           ::prctl(PR_SET_DUMPABLE, 1) == 0;
  });
  const auto it = peer(service);
  EXPECT_TRUE(it.may_change({ours.get()}));
  EXPECT_FALSE(it.is_root()) << "a guest that may change bonds is a guest";
}

TEST_F(PeerTest, OneThatItsProgramsFileMadeMightyMayNot) {
  // What executing such a file leaves behind: more capabilities than before, and a process that is not
  // dumpable.
  const Process service([] {
    return ::prctl(PR_SET_KEEPCAPS, 1) == 0 && become(65534) && drop_capabilities(kNetAdmin) &&
           ::prctl(PR_SET_DUMPABLE, 0) == 0;
  });
  const auto refused = peer(service).may_change({ours.get()});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("from its program's file"));
}

TEST_F(ContainedPeerTest, RootOfAContainerMayChangeItsOwnBondsAndNobodyElses) {
  const Process container([] { return become(65534) && enter_container(CLONE_NEWNET); });
  const auto it = peer(container);
  EXPECT_FALSE(it.is_root());
  const auto its_own = it.network_namespace();
  ASSERT_TRUE(its_own);
  EXPECT_TRUE(it.may_change({its_own.get()}));
  EXPECT_FALSE(it.may_change({ours.get()}));

  const Process neighbour([] { return become(65534) && enter_container(CLONE_NEWNET); });
  EXPECT_FALSE(peer(neighbour).may_change({its_own.get()}));

  const Process host([] { return true; });
  EXPECT_TRUE(peer(host).may_change({its_own.get()}));
}

TEST_F(ContainedPeerTest, AGuestAddsNoBondWhenHalfOfTheDescriptorsAreTaken) {
  const Process container([] { return become(65534) && enter_container(CLONE_NEWNET); });
  const auto it = peer(container);
  const auto its_own = it.network_namespace();
  EXPECT_TRUE(it.may_add({its_own.get()}));
  const Process host([] { return true; });
  const auto root = peer(host);

  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const os::UniqueFd next(::dup(ours.get()));
  const rlimit small{static_cast<rlim_t>(next.get()) * 2, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &small), 0);
  const auto of_guest = it.may_add({its_own.get()});
  const auto change = it.may_change({its_own.get()});
  const auto of_root = root.may_add({ours.get()});
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_FALSE(of_guest);
  EXPECT_TRUE(change);
  EXPECT_TRUE(of_root);
}

TEST_F(ContainedPeerTest, AGuestHasNoNamespaceNamedForIt) {
  const Process container([] { return become(65534) && enter_container(CLONE_NEWNET); });
  EXPECT_FALSE(peer(container).may_name_a_namespace());
  const Process host([] { return true; });
  EXPECT_TRUE(peer(host).may_name_a_namespace());
}

TEST_F(ContainedPeerTest, RootOfAUserNamespaceMayNotChangeTheHostsBonds) {
  const Process user([] { return become(65534) && enter_container(0); });
  const auto it = peer(user);
  const auto where = it.network_namespace();
  struct stat there{}, here{};
  ASSERT_EQ(::fstat(where.get(), &there) | ::fstat(ours.get(), &here), 0);
  ASSERT_EQ(there.st_ino, here.st_ino);
  EXPECT_FALSE(it.may_change({where.get()}));
}

TEST_F(ContainedPeerTest, WhoeverMadeAUserNamespaceMayChangeTheBondsInIt) {
  const Process container([] { return become(65534) && enter_container(CLONE_NEWNET); });
  const auto its_own = peer(container).network_namespace();
  const Process maker([] { return become(65534); });
  EXPECT_TRUE(peer(maker).may_change({its_own.get()}));
  const Process other([] { return become(65533); });
  EXPECT_FALSE(peer(other).may_change({its_own.get()}));
}

TEST_F(PeerTest, OneThatBecameAnotherUserSinceMayNot) {
  const Process changed([] { return become(65534); }, [] { return true; });
  auto it = peer(changed);
  EXPECT_FALSE(it.may_change({ours.get()}));
  // What a set-uid program does: the user connects, root answers for the process.
  const Process climber([] { return ::setresuid(65534, 65534, 0) == 0; },
                        [] { return ::setresuid(0, 0, 0) == 0; });
  const auto refused = peer(climber).may_change({ours.get()});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("another user"));
}

TEST_F(PeerTest, OneThatHasEndedMayNotWhoeverHasItsIdNow) {
  Process gone([] { return true; });
  const auto it = peer(gone);
  EXPECT_TRUE(it.may_change({ours.get()}));
  gone.end();
  const auto refused = it.may_change({ours.get()});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("has ended"));
  EXPECT_FALSE(it.network_namespace());
}

TEST_F(PeerTest, NobodyMayChangeWhatIsNoNamespace) {
  const Process root([] { return true; });
  const os::UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const auto it = peer(root);
  EXPECT_FALSE(it.may_change({null.get()}));
  EXPECT_FALSE(it.may_change({}));
}

TEST_F(ContainedPeerTest, ANamespacesLineageEndsAtOurs) {
  const auto of_ours = lineage_of({ours.get()});
  ASSERT_EQ(of_ours.size(), 1u);
  const Process container([] { return become(65534) && enter_container(CLONE_NEWNET); });
  const auto its_own = peer(container).network_namespace();
  const auto lineage = lineage_of({its_own.get()});
  ASSERT_EQ(lineage.size(), 2u);
  EXPECT_EQ(lineage[0].owner, 65534u);
  EXPECT_EQ(lineage[1].id, of_ours[0].id);
}

}  // namespace
}  // namespace ebond::control
