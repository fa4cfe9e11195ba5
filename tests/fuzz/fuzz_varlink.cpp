// Any bytes as a client's stream: cut into messages, each answered. Every answer must be JSON, and a caller
// without rights must change nothing.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "control/call.h"
#include "control/frame_buffer.h"
#include "tests/unit/control/fake_service.h"

namespace {

using namespace ebond::control;

class NoRights : public Rights {
 public:
  Result<> may_change(NamespaceRef) const override {
    return std::unexpected(Error{Error::Kind::permission, "not yours", {}});
  }
};
class AllRights : public Rights {
 public:
  Result<> may_change(NamespaceRef) const override { return {}; }
};

void check_reply(const nlohmann::json& reply) {
  const auto frame = to_frame(reply);
  if (frame.empty() || frame.back() != '\0') std::abort();
  if (!nlohmann::json::accept(frame.substr(0, frame.size() - 1))) std::abort();
}

void take(const std::string& message, const Rights& rights, FakeService& service) {
  const auto call = parse_call(message);
  if (!call) return;
  if (call->method == kEventsMethod) {
    if (const auto wanted = subscription_of(*call, {0}); !wanted) check_reply(wanted.error());
    return;
  }
  check_reply(answer(service, {{0}, rights}, *call));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  FakeService of_root, of_guest;
  FrameBuffer frames(std::size_t{16} * 1024);
  for (std::size_t at = 0; at < bytes.size(); at += 1000) {
    frames.append(bytes.substr(at, 1000));
    while (const auto message = frames.next()) {
      take(*message, AllRights(), of_root);
      take(*message, NoRights(), of_guest);
    }
  }
  for (const auto& call : of_guest.calls) {
    if (!call.starts_with("show ")) std::abort();
  }
  return 0;
}
