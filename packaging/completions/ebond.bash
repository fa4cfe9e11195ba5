_ebond_list() { # what is of this kind
  case $1 in
    BOND) (cd "${EBOND_RUN_DIR:-/run/ebond}/proc" 2>/dev/null && echo *) ;;
    IF) (cd /sys/class/net && echo *) ;;
    NETNS) (cd /run/netns 2>/dev/null && echo *) ;;
    *) _ebond_words "$1" ;;
  esac
}

_ebond_complete() { # kind of the word
  local IFS=$' \n'
  case $1 in
    DIR) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$word")) ;;
    FILE | PATH) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$word")) ;;
    *) COMPREPLY=($(compgen -W "$(_ebond_list "$1")" -- "$word")) ;;
  esac
}

_ebond() {
  local word=${COMP_WORDS[COMP_CWORD]} command= kind operands=() given=0 pairs=0 at
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    kind=$(_ebond_flag_value "${COMP_WORDS[at]}")
    if [ -n "$kind" ]; then
      at=$((at + 1))
      [ $at -lt $COMP_CWORD ] || { _ebond_complete "$kind"; return; }
    elif [[ ${COMP_WORDS[at]} == -* ]]; then
      :
    elif [ -z "$command" ]; then
      command=${COMP_WORDS[at]}
      operands=($(_ebond_operands "$command"))
    elif [ "${operands[given]:-}" = OPTIONS ]; then
      pairs=$((pairs + 1))
    elif [ $((given + 1)) -lt ${#operands[@]} ]; then
      given=$((given + 1))
    fi
  done
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$(_ebond_flags '') $(_ebond_flags "$command")" -- "$word"))
  elif [ -z "$command" ]; then
    _ebond_complete COMMAND
  elif [ "${operands[given]:-}" != OPTIONS ]; then
    _ebond_complete "${operands[given]:-}"
  elif [ $((pairs % 2)) = 0 ]; then
    if [ "$command" = set-slave ]; then kind=set-slave; else kind=OPTIONS; fi
    _ebond_complete $kind
  else
    kind=$(_ebond_values "${COMP_WORDS[COMP_CWORD - 1]}")
    if [ "$kind" = IF ]; then
      _ebond_complete IF
    else
      COMPREPLY=($(compgen -W "$kind" -- "$word"))
    fi
  fi
}

complete -F _ebond ebond
