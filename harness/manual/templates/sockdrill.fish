# fish's completion of sockdrill {{version}}.

function __sockdrill_has_no_command
    test (count (commandline -opc)) -eq 1
end

function __sockdrill_command_is --argument-names command
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test $words[2] = $command
end

# What `sockdrill list` has of the paths that stand on the line.
function __sockdrill_names --argument-names what
    set -l before (commandline -opc)
    set -l words (commandline -op)
    set -l carried
    set -l paths
    set -l option
    for word in $before[3..-1]
        if test -n "$option"
            set -a carried $option $word
            set option
        else if contains -- $word --define --library
            set option $word
        else if string match -q -r -- '^--(define|library)=' $word
            set -a carried $word
        end
    end
    for word in $words[3..-1]
        if not string match -q -- '-*' $word; and test -e $word
            set -a paths $word
        end
    end
    set -l limit
    if command -q timeout
        set limit timeout 5
    end
    $limit $words[1] list --names $what $carried -- $paths 2>/dev/null </dev/null
end

function __sockdrill_lets
    for let in (__sockdrill_names lets)
        echo $let=
    end
end

# One more behind the last comma.
function __sockdrill_tags
    set -l before (string replace -r '^--tags=' '' -- (commandline -ct) | string replace -r '[^,!]*$' '')
    for tag in (__sockdrill_names tags)
        echo $before$tag
    end
end

# Folders and scenarios: what fish has for a command that it does not know.
function __sockdrill_scenarios
    complete -C "__sockdrill_unknown "(commandline -ct) | string match -r -- '.*(?:/|\.drill)(?=\t|$)'
end

complete -c sockdrill -f
complete -c sockdrill -n __sockdrill_has_no_command -l help -d 'print how it is called'
complete -c sockdrill -n __sockdrill_has_no_command -l version -d 'print which sockdrill it is'
complete -c sockdrill -n 'not __sockdrill_has_no_command' -l help -d 'print how it is called'
{{shell fish-commands}}

{{shell fish-options}}
