// The soak's traffic: flows of numbered frames at a steady rate, in UDP from four ports each, and in
// broadcasts of a protocol of their own; and a ledger for each.
//
// One thread sends, one receives. Knows no bond: a frame goes to an address or out of an interface, and comes
// or does not.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "lab/node.h"
#include "lab/sockets.h"
#include "os/unique_fd.h"
#include "tests/soak/ledger.h"

namespace ebond::soak {

class Traffic {
 public:
  ~Traffic();

  /// A number for later questions. Before start().
  std::size_t add_flow(const FlowRules& rules, const lab::Node& from, const lab::Node& to,
                       const std::string& to_address);
  /// From an interface to all that hear it; who must hear it is at the other one.
  std::size_t add_broadcasts(const FlowRules& rules, lab::Node& from, const std::string& from_interface,
                             lab::Node& to, const std::string& to_interface);
  void start();
  /// Sends no more, and takes in what is still on its way.
  void stop();

  std::vector<std::string> judge(std::size_t flow, Time now, const Excuses& losing, const Excuses& doubling);
  bool none_arrived(std::size_t flow, Time begin, Time end) const;
  struct Count {
    std::uint64_t sent = 0, arrived = 0, lost = 0;
  };
  Count count(std::size_t flow) const;
  Count count_all() const;

 private:
  struct Flow {
    explicit Flow(const FlowRules& rules) : ledger(rules) {}
    Ledger ledger;
    std::vector<os::UniqueFd> senders;  // in turn
    lab::SocketAddress target;         // of UDP; never connected, so that no error of one frame costs another
    os::UniqueFd receiver, echoes;     // echoes: at the sender, if that may hear it again
    std::vector<std::uint8_t> header;  // before the number
    unsigned every = 1;                // tick
  };
  void send_all();
  void receive_all();
  void receive_from(Flow& flow, int fd, bool came_back);

  std::vector<std::unique_ptr<Flow>> flows_;
  mutable std::mutex mutex_;  // of the ledgers
  std::atomic<bool> sending_{false}, receiving_{false};
  std::thread sending_thread_, receiving_thread_;
};

}  // namespace ebond::soak
