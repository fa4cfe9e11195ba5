// Which name a network namespace has, while `ip netns add` is at work.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "lab/must.h"
#include "os/namespace_names.h"
#include "os/unique_fd.h"

namespace ebond::os {
namespace {

/// A file for a name, as it is before and after a namespace is mounted on it. Nobody else sees it.
class Name {
 public:
  Name() : path_(fmt::format("{}/eblab-{}-late", kNamespaceDirectory, ::getpid())) {
    EXPECT_EQ(::unshare(CLONE_NEWNS), 0);
    EXPECT_EQ(::mount("", "/", "none", MS_REC | MS_PRIVATE, nullptr), 0);
    EXPECT_EQ(::mount("none", kNamespaceDirectory.data(), "tmpfs", 0, nullptr), 0);
    const UniqueFd file(::open(path_.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0));
    EXPECT_TRUE(file);
  }
  ~Name() {
    (void)::umount2(path_.c_str(), MNT_DETACH);
    (void)::umount2(kNamespaceDirectory.data(), MNT_DETACH);
  }
  Name(const Name&) = delete;
  Name& operator=(const Name&) = delete;

  void give_to(const Namespace& where) {
    const auto from = fmt::format("/proc/self/fd/{}", where.fd());
    EXPECT_EQ(::mount(from.c_str(), path_.c_str(), "none", MS_BIND, nullptr), 0);
  }
  std::string text() const { return path_.substr(path_.rfind('/') + 1); }

 private:
  std::string path_;
};

TEST(NamespaceNames, ANameThatWasSeenHalfMadeIsFoundAsSoonAsItIsWhole) {
  std::thread([] {
    Name name;
    EXPECT_EQ(::unshare(CLONE_NEWNET), 0);
    const auto where = lab::must(Namespace::current());
    NamespaceNames names;
    EXPECT_EQ(lab::must(names.of(where.id())), std::nullopt);
    name.give_to(where);
    EXPECT_EQ(lab::must(names.of(where.id())), name.text());
  }).join();
}

}  // namespace
}  // namespace ebond::os
