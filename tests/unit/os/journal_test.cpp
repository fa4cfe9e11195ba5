// The journal's protocol, against a socket that stands in for the journal's.
#include "os/journal.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>

namespace ebond::os {
namespace {

class JournalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/ebond-journal-XXXXXX";
    directory_ = ::mkdtemp(name);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path().c_str());
    ASSERT_EQ(::bind(journal_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    struct stat facts{};
    ASSERT_EQ(::fstat(log_.get(), &facts), 0);
    ::setenv("JOURNAL_STREAM", fmt::format("{}:{}", facts.st_dev, facts.st_ino).c_str(), 1);
  }
  void TearDown() override {
    ::unsetenv("JOURNAL_STREAM");
    std::filesystem::remove_all(directory_);
  }
  std::filesystem::path path() const { return directory_ / "socket"; }
  int log() const { return log_.get(); }
  std::string received() const {
    std::array<char, 4096> space{};
    const auto size = ::recv(journal_.get(), space.data(), space.size(), MSG_DONTWAIT);
    return size < 0 ? "nothing" : std::string(space.data(), static_cast<std::size_t>(size));
  }
  void close_journal() { journal_ = {}; }

 private:
  std::filesystem::path directory_;
  UniqueFd journal_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  UniqueFd log_{::memfd_create("log", MFD_CLOEXEC)};
};

TEST_F(JournalTest, TakesALineWithItsFields) {
  const auto journal = Journal::of_environment(log(), path());
  ASSERT_TRUE(journal);
  EXPECT_TRUE(journal->send({{"MESSAGE", "bond0: failover"}, {"EBOND_BOND", "bond0"}}));
  EXPECT_EQ(received(), "MESSAGE=bond0: failover\nEBOND_BOND=bond0\n");
}

TEST_F(JournalTest, TakesAValueOfSeveralLinesByItsLength) {
  const auto journal = Journal::of_environment(log(), path());
  ASSERT_TRUE(journal);
  EXPECT_TRUE(journal->send({{"MESSAGE", "one\nPRIORITY=0"}}));
  EXPECT_EQ(received(), std::string("MESSAGE\n\x0e\0\0\0\0\0\0\0one\nPRIORITY=0\n", 31));
}

TEST_F(JournalTest, IsNotThereIfTheLogGoesElsewhere) {
  const UniqueFd elsewhere(::memfd_create("elsewhere", MFD_CLOEXEC));
  EXPECT_FALSE(Journal::of_environment(elsewhere.get(), path()));
  ::unsetenv("JOURNAL_STREAM");
  EXPECT_FALSE(Journal::of_environment(log(), path()));
}

TEST_F(JournalTest, SaysIfItTakesNothing) {
  const auto journal = Journal::of_environment(log(), path());
  ASSERT_TRUE(journal);
  close_journal();
  EXPECT_FALSE(journal->send({{"MESSAGE", "anybody?"}}));
  EXPECT_FALSE(Journal::of_environment(log(), path()));
}

}  // namespace
}  // namespace ebond::os
