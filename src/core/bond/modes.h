// What a mode means to more than one part of a bond. Questions about options alone.
#pragma once

#include "core/options/options.h"

namespace ebond::core {

inline bool is_active_backup(const BondOptions& options) {
  return options.mode == Mode::active_backup;
}
/// balance-slb: each source MAC has a slave, and the switches know nothing of it.
inline bool balances_sources(const BondOptions& options) {
  return options.mode == Mode::balance_slb;
}
/// Modes 1, 5, 6, 7: one slave is the active one for all to see. In balance-slb it takes broadcasts.
inline bool uses_active_slave(const BondOptions& options) {
  return options.mode == Mode::active_backup || options.mode == Mode::balance_tlb ||
         options.mode == Mode::balance_alb || options.mode == Mode::balance_slb;
}
/// fail_over_mac counts in active-backup only.
inline FailOverMac fail_over_mac(const BondOptions& options) {
  return is_active_backup(options) ? options.fail_over_mac : FailOverMac::none;
}
/// balance-tlb, balance-alb
inline bool balances_load(const BondOptions& options) {
  return options.mode == Mode::balance_tlb || options.mode == Mode::balance_alb;
}
/// ... with tlb_dynamic_lb
inline bool balances_by_load(const BondOptions& options) {
  return balances_load(options) && options.tlb_dynamic_lb;
}
/// balance-alb
inline bool balances_receiving(const BondOptions& options) {
  return options.mode == Mode::balance_alb;
}

/// Switches are taught the MACs behind the bond when its traffic moves.
inline bool teaches_behind(const BondOptions& options) {
  return (is_active_backup(options) || balances_sources(options)) && options.announce_behind;
}

}  // namespace ebond::core
