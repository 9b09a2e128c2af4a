# SPDX-License-Identifier: GPL-3.0-or-later
# Completion of dadam for bash-completion. What there is to complete is asked of the program itself.
_dadam_commands ()
{
  LC_ALL=C dadam help | sed -nE 's/^(usage:|      ) dadam ([a-z]+) .*/\2/p'
}

_dadam_options ()
{
  LC_ALL=C dadam help "$1" | grep -oE -- '[[ |]--?[a-z-]+' | tr -d '[ |'
}

_dadam_models ()
{
  dadam models --json | grep -oE '"name": "[^"]+"' | cut -d '"' -f 4
}

_dadam ()
{
  local cur prev words cword found=
  _init_completion -n : || return
  if [ "$cword" -eq 1 ] || { [ "$cword" -eq 2 ] && [ "${words[1]}" = help ]; }; then
    found=$(_dadam_commands 2>/dev/null)
  elif [ "${cur#-}" != "$cur" ]; then
    found=$(_dadam_options "${words[1]}" 2>/dev/null)
  elif [ "$cword" -eq 2 ]; then
    case ${words[1]} in
      chat | remove | verify | inspect | tokenize | perplexity | bench) found=$(_dadam_models 2>/dev/null) ;;
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$found" -- "$cur")
  __ltrim_colon_completions "$cur"
}
complete -o default -F _dadam dadam
