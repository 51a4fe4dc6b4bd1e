# shellcheck shell=bash
# bash's completion of sockdrill {{version}}. Needs nothing else: bash-completion finds it by its name and place, and without that
# a ~/.bashrc may read it.

# What stands before the cursor, as one line. Bash splits at = and : too, which are parts of words here.
_sockdrill_line() {
    if [[ -n ${COMP_LINE-} ]]; then
        REPLY=${COMP_LINE:0:${COMP_POINT:-${#COMP_LINE}}}
        return
    fi
    local i between=
    REPLY=
    for ((i = 0; i <= COMP_CWORD; i++)); do
        if [[ ${COMP_WORDS[i]} =~ ^[=:]+$ ]]; then between=; fi
        REPLY+=$between${COMP_WORDS[i]}
        between=' '
        if [[ ${COMP_WORDS[i]} =~ ^[=:]+$ ]]; then between=; fi
    done
}

# Takes a line apart as the shell would: `words` are without their quotes, the last is being completed. Of that, `quote` is
# the quote that is open, and `kept` what stands before the part that readline will replace.
_sockdrill_split() {
    local line=$1 byte word='' open='' i has_word=
    words=() kept=''
    for ((i = 0; i < ${#line}; i++)); do
        byte=${line:i:1}
        if [[ $open == "'" && $byte != "'" ]]; then
            word+=$byte
        elif [[ $byte == "\\" && $open != "'" ]]; then
            ((++i))
            word+=${line:i:1} has_word=1
        elif [[ -n $open && $byte == "$open" ]]; then
            open='' kept=$word
        elif [[ -n $open ]]; then
            word+=$byte
        elif [[ $byte == "'" || $byte == '"' ]]; then
            open=$byte kept=$word has_word=1
        elif [[ $byte == [[:space:]] ]]; then
            [[ -z $has_word ]] || words+=("$word")
            word='' kept='' has_word=
        else
            word+=$byte has_word=1
            [[ $COMP_WORDBREAKS != *"$byte"* ]] || kept=$word
        fi
    done
    words+=("$word")
    quote=$open
}

# The paths behind the cursor count too.
_sockdrill_behind() {
    local -a words=()
    local quote kept word
    _sockdrill_split "${COMP_LINE:${COMP_POINT:-${#COMP_LINE}}}"
    for word in "${words[@]}"; do
        [[ $word == -* || ! -e ${word/#~\//$HOME/} ]] || paths+=("${word/#~\//$HOME/}")
    done
}

# A completion as it is to be typed.
_sockdrill_quoted() {
    local text=$1 special="\\\"\$\`" byte i
    REPLY=
    if [[ $quote == "'" ]]; then special=''; fi
    for ((i = 0; i < ${#text}; i++)); do
        byte=${text:i:1}
        if [[ -z $quote && $byte != [[:alnum:]_./,@%+-] ]]; then REPLY+="\\"
        elif [[ $quote == "'" && $byte == "'" ]]; then REPLY+="'\\'"
        elif [[ $quote == '"' && $special == *"$byte"* ]]; then REPLY+="\\"; fi
        REPLY+=$byte
    done
}

# Offers the lines of the input that begin with $1, with $2 behind each.
_sockdrill_offer() {
    local text
    while IFS= read -r text; do
        [[ -n $text && $text == "$1"* ]] || continue
        text=$before$text
        _sockdrill_quoted "${text#"$kept"}"
        COMPREPLY+=("$REPLY${2-}")
    done
    [[ -z ${2-} ]] || compopt -o nospace 2>/dev/null || true
}

# What `sockdrill list` has of the paths that stand on the line.
_sockdrill_names() {
    local -a limit=()
    command -v timeout >/dev/null && limit=(timeout 5)
    "${limit[@]}" "${words[0]/#~\//$HOME/}" list --names "$1" "${carried[@]}" -- "${paths[@]}" 2>/dev/null </dev/null
}

# Of pathnames readline itself takes care. $2: what their ends may be, besides folders.
_sockdrill_files() {
    local path plain
    compopt -o filenames 2>/dev/null || true
    while IFS= read -r path; do
        plain=${path/#~\//$HOME/}
        [[ -d $plain || $path == *$2 ]] || continue
        path=$before$path
        COMPREPLY+=("${path#"$kept"}")
    done < <(compgen -f -- "$1")
}

# What a command's option takes.
_sockdrill_kind() {
    kind='' choices=''
    case $1 in
{{shell bash-values}}
    esac
}

_sockdrill_value() {
    local tag before=$before rest=$1
    case $kind in
    *cases) _sockdrill_offer "$rest" < <(_sockdrill_names cases) ;;
    *lets) [[ $rest == *=* ]] || _sockdrill_offer "$rest" '=' < <(_sockdrill_names lets) ;;
    *tags)
        tag=${rest##*[,!]}
        before+=${rest%"$tag"}
        _sockdrill_offer "$tag" < <(_sockdrill_names tags)
        ;;
    *words) _sockdrill_offer "$rest" < <(printf '%s\n' "${choices// /$'\n'}") ;;
    *files) _sockdrill_files "$rest" '' ;;
    *folders) _sockdrill_files "$rest" / ;;
    *programs) _sockdrill_offer "$rest" < <(compgen -c -- "$rest") ;;
    esac
}

_sockdrill() {
    local REPLY quote kept before='' operand options='' command current kind choices i
    local -a words=() paths=() carried=()
{{shell bash-commands}}
    COMPREPLY=()
    _sockdrill_line
    _sockdrill_split "$REPLY"
    current=${words[${#words[@]} - 1]}
    if ((${#words[@]} <= 2)); then
        _sockdrill_offer "$current" < <(printf '%s\n' "${commands// /$'\n'}")
        return
    fi
    command=${words[1]}
    case $command in
{{shell bash-options}}
    *) return ;;
    esac

    _sockdrill_behind
    # The words between the command and this one: paths, and options with their values.
    for ((i = 2; i < ${#words[@]} - 1; i++)); do
        _sockdrill_kind "$command:${words[i]%%=*}"
        if [[ ${words[i]} == -* && -n $kind && $kind != optional-* && ${words[i]} != *=* ]]; then
            if ((i + 2 == ${#words[@]})); then
                _sockdrill_value "$current"
                return
            fi
            [[ ${words[i]} != --define && ${words[i]} != --library ]] || carried+=("${words[i]}" "${words[i + 1]}")
            ((++i))
        elif [[ ${words[i]} == --define=* || ${words[i]} == --library=* ]]; then
            carried+=("${words[i]}")
        elif [[ ${words[i]} != -* ]]; then
            paths+=("${words[i]/#~\//$HOME/}")
        fi
    done

    if [[ $current == --*=* ]]; then
        _sockdrill_kind "$command:${current%%=*}"
        before=${current%%=*}=
        _sockdrill_value "${current#*=}"
    elif [[ $current == -* ]]; then
        _sockdrill_offer "$current" < <(printf '%s\n' "${options// /$'\n'}")
    elif [[ $operand == scenarios ]]; then
        _sockdrill_files "$current" .drill
    elif [[ $operand == files ]]; then
        _sockdrill_files "$current" ''
    fi
}

complete -F _sockdrill sockdrill
