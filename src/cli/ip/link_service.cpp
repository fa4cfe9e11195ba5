#include "cli/ip/link_service.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "cli/ip/bond_options.h"
#include "cli/ip/daemon_access.h"
#include "cli/ip/kernel.h"
#include "cli/ip/link_request.h"
#include "cli/ip/refusal.h"

namespace ebond::cli::ip {
namespace {

constexpr std::string_view kBond = "bond";

/// What became of a request: 0 and perhaps a warning, or an error; or the kernel's own answer.
struct Outcome {
  int error = 0;
  std::string sentence{};
  Bytes from_kernel{};
};

Outcome outcome(const control::Result<>& done) {
  if (done) return {};
  auto [error, sentence] = kernel_error(done.error());
  return {error, std::move(sentence)};
}

Bonds bonds_of(control::Client& client) {
  const auto shown = client.show({});
  if (shown) return Bonds(*shown);
  if (shown.error().kind == control::Error::Kind::no_answer) give_up_on_daemon();
  return {};
}

/// A request on its way: the daemon, the kernel, and which bond it is about.
class Errand {
 public:
  Errand(const LinkRequest& request, control::Client client, control::KeyValues& own_options)
      : request_(request), client_(std::move(client)), own_options_(own_options), bonds_(bonds_of(client_)) {
    const auto link = request_.ifindex != 0 ? kernel_.link(request_.ifindex) : kernel_.link(request_.name);
    if (link) link_ = *link;
    bond_ = bonds_.bond(link_.ifindex);
    membership_ = bonds_.membership(link_.ifindex);
    if (request_.master) new_master_ = bonds_.bond(*request_.master);
  }

  /// None: nothing of it is about a bond of ours.
  std::optional<Outcome> run();
  /// The name is free.
  Outcome create(const std::string& name);

 private:
  bool is_ours() const { return bond_ != nullptr || membership_ || new_master_ != nullptr; }
  std::optional<Outcome> leave_to_kernel();
  Outcome change();
  Outcome change_options();
  Outcome change_rest(const std::optional<Bytes>& rest);
  Outcome change_master(std::uint32_t master);
  Outcome enslave(bool was_ours);
  Outcome what_became_of_mtu(Outcome done);
  control::KeyValues with_own(control::KeyValues options) const;
  void wait_for_daemon();

  const LinkRequest& request_;
  control::Client client_;
  control::KeyValues& own_options_;
  Kernel kernel_;
  Bonds bonds_;
  Kernel::Link link_;
  const ShownBond* bond_ = nullptr;
  Bonds::Membership membership_;
  const ShownBond* new_master_ = nullptr;
};

control::KeyValues Errand::with_own(control::KeyValues options) const {
  for (auto& each : std::exchange(own_options_, {})) options.push_back(std::move(each));
  return options;
}

std::optional<Outcome> Errand::leave_to_kernel() {
  // A kernel without the driver would take a slave's options from an interface that is none, and do nothing.
  if (request_.slave_kind == kBond && link_.master == 0) return Outcome{-EOPNOTSUPP};
  return std::nullopt;
}

std::optional<Outcome> Errand::run() {
  if (!is_ours()) return leave_to_kernel();
  if (request_.is_removal) {
    if (bond_ == nullptr) return std::nullopt;
    return outcome(client_.del(bond_->name));
  }
  if (request_.moves_namespace()) {
    if (bond_ != nullptr) return Outcome{-EINVAL};
    if (!membership_) return std::nullopt;
    auto released = outcome(client_.release(membership_.bond->name, {link_.name}));
    if (released.error != 0) return released;
    return std::nullopt;
  }
  if (request_.creates()) {
    return Outcome{(request_.header.nlmsg_flags & NLM_F_EXCL) != 0 ? -EEXIST : -EOPNOTSUPP};
  }
  auto done = change();
  wait_for_daemon();
  if (done.error != 0 || bond_ == nullptr || !request_.mtu) return done;
  return what_became_of_mtu(std::move(done));
}

/// The kernel gives bond0 any MTU; the daemon puts the old one back if a slave cannot take it.
Outcome Errand::what_became_of_mtu(Outcome done) {
  const auto now = kernel_.link(bond_->ifindex);
  if (!now || now->mtu == *request_.mtu) return done;
  return {-EINVAL, fmt::format("a slave of {} cannot take MTU {}: it stays at {}", bond_->name, *request_.mtu,
                               now->mtu)};
}

Outcome Errand::change() {
  auto done = change_options();
  if (done.error == 0) done = change_rest(rest_of(request_, link_.ifindex));
  if (done.error == 0 && request_.master) done = change_master(*request_.master);
  return done;
}

Outcome Errand::change_options() {
  if (bond_ != nullptr && !request_.kind.empty()) {
    if (request_.kind != kBond) return {-EOPNOTSUPP};
    const auto name_of = [this](std::uint32_t ifindex) {
      const auto link = kernel_.link(ifindex);
      return link ? link->name : std::string();
    };
    const auto options = with_own(bond_options(request_.data, name_of));
    if (!options.empty()) return outcome(client_.set(bond_->name, options));
  } else if (request_.kind == kBond) {
    return {-EOPNOTSUPP};
  }
  if (request_.slave_kind != kBond) return {};
  if (!membership_) return {-EOPNOTSUPP};
  const auto options = with_own(slave_options(request_.slave_data));
  if (options.empty()) return {};
  return outcome(client_.set_slave(link_.name, options));
}

Outcome Errand::change_rest(const std::optional<Bytes>& rest) {
  if (!rest) return {};
  auto answer = kernel_.ask(*rest);
  return {error_in(answer), {}, std::move(answer)};
}

Outcome Errand::change_master(std::uint32_t master) {
  if (membership_ && new_master_ == membership_.bond) return {};
  const bool was_ours = static_cast<bool>(membership_);
  if (was_ours) {
    auto released = outcome(client_.release(membership_.bond->name, {link_.name}));
    if (released.error != 0 || master == 0) return released;
  }
  if (new_master_ != nullptr) return enslave(was_ours);
  return change_rest(master_request(link_.ifindex, master));
}

Outcome Errand::enslave(bool was_ours) {
  const auto now = kernel_.link(link_.ifindex);
  if (!now) return {-ENODEV};
  // The driver's rule. What comes from another bond was up as its slave.
  if (!was_ours && (now->flags & IFF_UP) != 0) return {-EPERM, "Device can not be enslaved while up"};
  if (now->master != 0) {
    auto left = change_rest(master_request(now->ifindex, 0));
    if (left.error != 0) return left;
  }
  const auto warnings = client_.enslave(new_master_->name, {now->name});
  if (!warnings) return outcome(std::unexpected(warnings.error()));
  Outcome done;
  for (const auto& warning : *warnings) done.sentence += (done.sentence.empty() ? "" : "; ") + warning;
  return done;
}

Outcome Errand::create(const std::string& name) {
  if (request_.ifindex != 0) return {-EOPNOTSUPP, "the kernel chooses the index of ebond's bonds"};
  const auto none = [](std::uint32_t) { return std::string(); };
  const auto by_name = [this](std::uint32_t ifindex) {
    const auto link = kernel_.link(ifindex);
    return link ? link->name : std::string();
  };
  // The interfaces it names are the caller's, even if the bond shall be elsewhere.
  const auto options =
      request_.moves_namespace() ? bond_options(request_.data, none) : bond_options(request_.data, by_name);
  if (auto made = outcome(client_.add(name, with_own(options))); made.error != 0) return made;
  const auto made = kernel_.link(name);
  if (!made) return {-ENODEV};
  link_ = *made;
  auto done = change_rest(rest_of_creation(request_, link_.ifindex));
  if (done.error == 0 && request_.master) done = change_master(*request_.master);
  if (done.error != 0) {
    (void)client_.del(name);
  } else {
    wait_for_daemon();
  }
  return done;
}

/// The daemon follows what the kernel did to its devices when it hears of it; the driver has done it when the
/// command ends. By the second answer the daemon has read all that was in its socket at the first.
void Errand::wait_for_daemon() {
  for (int i = 0; i < 2; ++i) (void)client_.show({});
}

/// "bond%d", as the kernel fills it: the first number that is free.
std::string free_name(Kernel& kernel, std::string pattern) {
  if (pattern.empty()) pattern = "bond%d";
  const auto place = pattern.find("%d");
  if (place == std::string::npos) return pattern;
  for (int number = 0;; ++number) {
    auto name = std::string(pattern).replace(place, 2, std::to_string(number));
    if (!kernel.link(name)) return name;
  }
}

os::UniqueFd namespace_of(const LinkRequest& request) {
  if (request.netns_fd) return os::UniqueFd(::fcntl(*request.netns_fd, F_DUPFD_CLOEXEC, 0));
  if (!request.netns_of) return {};
  return os::UniqueFd(
      ::open(fmt::format("/proc/{}/ns/net", *request.netns_of).c_str(), O_RDONLY | O_CLOEXEC));
}

std::optional<Outcome> create(const LinkRequest& request, control::KeyValues& own_options) {
  const auto elsewhere = namespace_of(request);
  if (request.moves_namespace() && !elsewhere) return Outcome{-EINVAL};
  const Visit visit(elsewhere.get());
  if (!visit.arrived()) return Outcome{-EPERM};
  Kernel kernel;
  const auto name = free_name(kernel, request.name);
  if (kernel.link(name)) {
    if ((request.header.nlmsg_flags & NLM_F_EXCL) != 0) return Outcome{-EEXIST};
    return Outcome{-EOPNOTSUPP};
  }
  auto client = reach_daemon(Need::new_bond);
  if (!client) return Outcome{-ECONNREFUSED, client.error()};
  return Errand(request, std::move(*client), own_options).create(name);
}

std::optional<Outcome> carry_out(const LinkRequest& request, control::KeyValues& own_options) {
  const bool is_new = request.creates() && request.ifindex == 0;
  if (is_new && request.kind == kBond) return create(request, own_options);
  if (is_new && !request.master) return std::nullopt;
  auto client = reach_daemon(Need::bonds);
  if (!client && client.error().empty()) return std::nullopt;
  if (!client) return Outcome{-ECONNREFUSED, client.error()};
  return Errand(request, std::move(*client), own_options).run();
}

}  // namespace

std::optional<Bytes> LinkService::answer(View message, std::uint32_t port) {
  const auto request = read_request(message);
  if (!request) return std::nullopt;
  const auto done = carry_out(*request, own_options_);
  if (!done) return std::nullopt;
  if (done->error != 0 && !done->from_kernel.empty()) {
    return readdressed(done->from_kernel, request->header, port);
  }
  return answer_to(request->header, port, done->error, done->sentence);
}

Bonds LinkService::bonds() {
  auto client = reach_daemon(Need::none);
  return client ? bonds_of(*client) : Bonds();
}

}  // namespace ebond::cli::ip
