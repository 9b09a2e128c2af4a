# SPDX-License-Identifier: GPL-3.0-or-later
# Completion of dadam for fish. What there is to complete is asked of the program itself.
function __dadam_commands
    LC_ALL=C dadam help 2>/dev/null | string match -rg '^(?:usage:|      ) dadam ([a-z]+) '
end

function __dadam_options
    set -l words (commandline -opc)
    LC_ALL=C dadam help $words[2] 2>/dev/null | string match -arg '[\[ |](--?[a-z-]+)'
end

function __dadam_models
    dadam models --json 2>/dev/null | string match -arg '"name": "([^"]+)"'
end

complete -c dadam -n '__fish_is_nth_token 1' -a '(__dadam_commands)'
complete -c dadam -n '__fish_seen_subcommand_from help' -f -a '(__dadam_commands)'
complete -c dadam -n 'string match -q -- "-*" (commandline -ct)' -f -a '(__dadam_options)'
complete -c dadam -n '__fish_is_nth_token 2; and __fish_seen_subcommand_from chat remove verify inspect tokenize perplexity bench' -a '(__dadam_models)'
