# How a scenario is recorded. Every `ip`, `tc` or `ifenslave` line is a step: the line, its exit code, and, as a
# remark that is not compared, what it said on stderr.

note() { printf '%s\n' "$*" >>"$TRANSCRIPT"; }
step() { note "\$ $*"; }

# look_clock : sets $clock to milliseconds. Windows of time count from $since, when the last cable or setting changed.
look_clock() { clock=$((${EPOCHREALTIME/./} / 1000)); }
look_clock
since=$clock

# recorded WORD... : runs the words as a step.
recorded() {
  local said code
  step "$@"
  look_clock
  since=$clock
  said=$(command "$@" 2>&1 >/dev/null)
  code=$?
  note "exit $code"
  [ -z "$said" ] || while IFS= read -r line; do note "# $line"; done <<<"$said"
  return $code
}

# `ip -j` is a step too: its answer is kept whole, ../../compare takes from it what both sides can have.
ip() {
  case " $* " in
    *" -j "*)
      step ip "$@"
      note "json $(command ip "$@" 2>/dev/null | tr -d '\n')"
      ;;
    *) recorded ip "$@" ;;
  esac
}
tc() { recorded tc "$@"; }
ifenslave() { recorded ifenslave "$@"; }

# quietly WORD... : runs the words outside the record, for lab making.
quietly() { command "$@" >/dev/null; }

# section TITLE : a heading, to find one's way in a long transcript.
section() { note "== $*"; }
