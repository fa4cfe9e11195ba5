// What a service manager hears on its socket.
#include "os/service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "os/unique_fd.h"

namespace ebond::os {
namespace {

struct Environment {
  Environment(const char* which, const std::string& value) : name(which) {
    ::setenv(which, value.c_str(), 1);
  }
  ~Environment() { ::unsetenv(name); }
  const char* name;
};

TEST(ServiceManager, HearsWhatItIsTold) {
  const auto name = "@ebond-test-" + std::to_string(::getpid());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  address.sun_path[0] = '\0';
  const UniqueFd ear(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  ASSERT_EQ(::bind(ear.get(), reinterpret_cast<const sockaddr*>(&address), length), 0);
  const Environment socket("NOTIFY_SOCKET", name);
  ServiceManager::of_environment().tell("READY=1");
  std::array<char, 64> heard{};
  ASSERT_EQ(::read(ear.get(), heard.data(), heard.size()), 7);
  EXPECT_STREQ(heard.data(), "READY=1");
}

TEST(ServiceManager, SaysHowOftenItMustHearOfThisProcess) {
  const Environment interval("WATCHDOG_USEC", "20000000");
  EXPECT_EQ(ServiceManager::of_environment().watchdog(), std::chrono::seconds(20));
  {
    const Environment other("WATCHDOG_PID", "1");
    EXPECT_FALSE(ServiceManager::of_environment().watchdog());
  }
  const Environment own("WATCHDOG_PID", std::to_string(::getpid()));
  EXPECT_TRUE(ServiceManager::of_environment().watchdog());
}

TEST(ServiceManager, IsNotMissed) {
  const auto none = ServiceManager::of_environment();
  none.tell("READY=1");
  EXPECT_FALSE(none.watchdog());
  const Environment interval("WATCHDOG_USEC", "soon");
  EXPECT_FALSE(ServiceManager::of_environment().watchdog());
  const Environment socket("NOTIFY_SOCKET", std::string(500, 'x'));
  ServiceManager::of_environment().tell("READY=1");
}

}  // namespace
}  // namespace ebond::os
