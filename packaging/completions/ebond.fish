function _ebond_list # what is of this kind
  set -l run /run/ebond
  set -q EBOND_RUN_DIR; and set run $EBOND_RUN_DIR
  switch "$argv[1]"
    case COMMAND
      printf '%s\n' $_ebond_commands
    case BOND
      path basename $run/proc/* 2>/dev/null
    case IF
      path basename /sys/class/net/*
    case NETNS
      path basename /run/netns/* 2>/dev/null
    case DIR
      __fish_complete_directories (commandline -ct)
    case FILE PATH
      __fish_complete_path (commandline -ct)
    case '*'
      _ebond_words "$argv[1]"
  end
end

function _ebond
  set -l words (commandline -opc)
  set -l command
  set -l operands
  set -l given 1
  set -l pairs 0
  set -l at 2
  while test $at -le (count $words)
    set -l kind (_ebond_flag_value "$words[$at]")
    if test -n "$kind"
      set at (math $at + 1)
      if test $at -gt (count $words)
        _ebond_list $kind
        return
      end
    else if string match -q -- '-*' $words[$at]
    else if test -z "$command"
      set command $words[$at]
      set operands (_ebond_operands $command)
    else if test "$operands[$given]" = OPTIONS
      set pairs (math $pairs + 1)
    else if test $given -lt (count $operands)
      set given (math $given + 1)
    end
    set at (math $at + 1)
  end
  if string match -q -- '-*' (commandline -ct)
    _ebond_flags ''
    _ebond_flags "$command"
  else if test -z "$command"
    _ebond_list COMMAND
  else if test (count $operands) -lt $given
    return
  else if test "$operands[$given]" != OPTIONS
    _ebond_list $operands[$given]
  else if test (math $pairs % 2) -eq 0
    if test $command = set-slave
      _ebond_list set-slave
    else
      _ebond_list OPTIONS
    end
  else
    set -l values (_ebond_values $words[-1])
    if test "$values" = IF
      _ebond_list IF
    else
      printf '%s\n' $values
    end
  end
end

complete -c ebond -f -a '(_ebond)'
