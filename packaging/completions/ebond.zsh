_ebond_complete() { # kind of the word
  case $1 in
    COMMAND) _describe -t commands command _ebond_commands ;;
    BOND) compadd -- ${EBOND_RUN_DIR:-/run/ebond}/proc/*(N:t) ;;
    IF) compadd -- /sys/class/net/*(N:t) ;;
    NETNS) compadd -- /run/netns/*(N:t) ;;
    DIR) _files -/ ;;
    FILE|PATH) _files ;;
    *) compadd -- ${=$(_ebond_words "$1")} ;;
  esac
}

_ebond() {
  local command kind at given=1 pairs=0
  local -a operands
  for ((at = 2; at < CURRENT; at++)); do
    kind=$(_ebond_flag_value "${words[at]}")
    if [[ -n $kind ]]; then
      at=$((at + 1))
      ((at < CURRENT)) || { _ebond_complete "$kind"; return; }
    elif [[ ${words[at]} == -* ]]; then
      :
    elif [[ -z $command ]]; then
      command=${words[at]}
      operands=(${=$(_ebond_operands "$command")})
    elif [[ ${operands[given]:-} == OPTIONS ]]; then
      pairs=$((pairs + 1))
    elif ((given < ${#operands})); then
      given=$((given + 1))
    fi
  done
  if [[ ${words[CURRENT]} == -* ]]; then
    compadd -- ${=$(_ebond_flags '')} ${=$(_ebond_flags "$command")}
  elif [[ -z $command ]]; then
    _ebond_complete COMMAND
  elif [[ ${operands[given]:-} != OPTIONS ]]; then
    [[ -z ${operands[given]:-} ]] || _ebond_complete "${operands[given]}"
  elif ((pairs % 2 == 0)); then
    [[ $command == set-slave ]] && kind=set-slave || kind=OPTIONS
    _ebond_complete $kind
  else
    kind=$(_ebond_values "${words[CURRENT - 1]}")
    if [[ $kind == IF ]]; then _ebond_complete IF; else compadd -- ${=kind}; fi
  fi
}

_ebond "$@"
