#compdef sockdrill
# zsh's completion of sockdrill {{version}}. It goes into a folder of $fpath, as _sockdrill.

# The options of the line that `sockdrill list` needs too, and its paths; into `carried` and `paths`.
_sockdrill_line() {
    local word i
    carried=() paths=()
    for ((i = 3; i <= $#words; i++)); do
        ((i != CURRENT)) || continue
        word=${(Q)words[i]}
        case $word in
        --define | --library)
            ((++i))
            ((i == CURRENT)) || carried+=($word "${(Q)words[i]}")
            ;;
        --define=* | --library=*) carried+=("$word") ;;
        -*) ;;
        *) [[ ! -e ${~word} ]] || paths+=(${~word}) ;;
        esac
    done
}

# What `sockdrill list` has of them, into `names`.
_sockdrill_names() {
    local -a carried paths limit
    _sockdrill_line
    (( $+commands[timeout] )) && limit=(timeout 5)
    names=("${(@f)$($limit ${(Q)words[1]} list --names $1 $carried -- $paths 2>/dev/null </dev/null)}")
    names=(${names:#})
}

_sockdrill_cases() {
    local -a names expl
    _sockdrill_names cases
    _wanted cases expl 'case' compadd -a names
}

_sockdrill_tags() {
    local -a names expl
    compset -P '*,'
    compset -P '!'
    _sockdrill_names tags
    _wanted tags expl 'tag' compadd -qS , -a names
}

_sockdrill_lets() {
    local -a names expl
    compset -P '*=' && return 1
    _sockdrill_names lets
    _wanted lets expl 'let' compadd -S = -a names
}

# Not _files, which takes any file where there is no scenario.
_sockdrill_scenarios() {
    local -a expl
    _wanted scenarios expl 'scenario or folder' _path_files -/ -g '*.drill(-.)'
}

_sockdrill() {
    local context state state_descr line
    typeset -A opt_args
    local -a arguments commands=(
{{shell zsh-commands}}
    '--help:print how it is called'
    '--version:print which sockdrill it is'
    )

    if (( CURRENT == 2 )); then
        _describe -t commands 'command' commands
        return
    fi
    case ${(Q)words[2]} in
{{shell zsh-options}}
    *) return 1 ;;
    esac
    _arguments -s $arguments
}

_sockdrill "$@"
