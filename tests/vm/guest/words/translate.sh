# Until `ip` of ours is built: the lines about bonds that scenarios use, said to `ebond`. A refusal is exit 2, as
# iproute2's; compare then tells only accepted from refused.
note "# translated"

said_to_ebond() {
  local said code
  look_clock
  since=$clock
  said=$(command ebond "$@" 2>&1 >/dev/null)
  code=$?
  note "exit $((code == 0 ? 0 : 2))"
  [ -z "$said" ] || while IFS= read -r line; do note "# $line"; done <<<"$said"
  [ $code = 0 ]
}

ip() {
  local words="$*"
  case $words in
    "link add "*" type bond" | "link add "*" type bond "*)
      step ip "$@"
      said_to_ebond add "$3" ${words#*type bond}
      ;;
    "link set "*" type bond "*)
      step ip "$@"
      said_to_ebond set "$3" ${words#*type bond }
      ;;
    "link set "*" type bond_slave "*)
      step ip "$@"
      said_to_ebond set-slave "$3" ${words#*type bond_slave }
      ;;
    "link set "*" master "*)
      step ip "$@"
      said_to_ebond enslave "$5" "$3"
      ;;
    "link set "*" nomaster")
      step ip "$@"
      said_to_ebond release bond0 "$3"
      ;;
    "link del bond"*)
      step ip "$@"
      said_to_ebond del "$3"
      ;;
    *) recorded ip "$@" ;;
  esac
}
