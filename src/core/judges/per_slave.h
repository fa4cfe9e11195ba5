// What a judge remembers of each slave: a record for each slave that is there, in enslave order.
#pragma once

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "core/slave.h"

namespace ebond::core {

/// `Record` has a field `slave`, the slave's IfIndex.
template <class Record>
class PerSlave {
 public:
  /// Keeps the records of slaves that are still there; make(slave) is the record of one that is new.
  template <class Make>
  void follow(std::span<const Slave> slaves, const Make& make) {
    std::vector<Record> there;
    there.reserve(slaves.size());
    for (const Slave& slave : slaves) {
      Record* const known = find(slave.ifindex);
      there.push_back(known ? std::move(*known) : make(slave));
    }
    records_ = std::move(there);
  }
  Record* find(IfIndex slave) {
    const auto found = std::ranges::find(records_, slave, &Record::slave);
    return found == records_.end() ? nullptr : &*found;
  }
  const Record* find(IfIndex slave) const {
    const auto found = std::ranges::find(records_, slave, &Record::slave);
    return found == records_.end() ? nullptr : &*found;
  }
  void clear() { records_.clear(); }
  bool empty() const { return records_.empty(); }

  auto begin() { return records_.begin(); }
  auto end() { return records_.end(); }
  auto begin() const { return records_.begin(); }
  auto end() const { return records_.end(); }

 private:
  std::vector<Record> records_;
};

}  // namespace ebond::core
