/**
 * What `tokenctl completion bash` prints. Bash parts words at a colon, so the script puts accounts together again and, of
 * what is offered, takes off what bash has kept. Nothing of the line is ever evaluated.
 */

/** The script, whole. */
export const BASH = `# tokenctl: what Tab offers in bash, 3.2 or later. Each press asks the program itself, which opens no secret and asks
# nobody. Into ~/.bashrc:  eval "$(tokenctl completion bash)"

_tokenctl() {
    local rest=\${COMP_LINE:0:COMP_POINT} raw= cur= answer= directive= blank= piece= word= about= char= prefix= i
    local -a typed starts
    typed=() starts=() COMPREPLY=()

    # Bash parts words at each ":" and "=" too. What has no blank before it belongs to the word before.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        piece=\${COMP_WORDS[i]}
        blank=\${rest%%[![:space:]]*}
        rest=\${rest#"$blank"}
        # Of the word under the cursor, what stands before the cursor.
        if ((i == COMP_CWORD)); then piece=$rest; fi
        if ((i == 0)) || [[ -n $blank ]]; then
            typed+=("$piece") starts+=("$i")
        else
            typed[\${#typed[@]} - 1]+=$piece
        fi
        rest=\${rest#"$piece"}
    done
    raw=\${typed[\${#typed[@]} - 1]}
    for ((i = 0; i < \${#typed[@]}; i++)); do typed[i]=\${typed[i]//[\\\\\\"\\']/}; done
    cur=\${typed[\${#typed[@]} - 1]}

    answer=$(command tokenctl __complete "$((\${#typed[@]} - 1))" "\${typed[@]:1}" </dev/null 2>/dev/null) || return 0
    while IFS=$'\\t' read -r word about; do
        case $word in
            :*) directive=$word ;;
            ?*) COMPREPLY+=("$word") ;;
        esac
    done <<<"$answer"

    case $directive in
        :words) _tokenctl_words "$cur" "$raw" ;;
        :files) _tokenctl_files "$cur" ;;
        ":command "*) _tokenctl_program "\${directive#:command }" "$cur" ;;
    esac
}

# Takes off what bash has parted off, and quotes the rest where the person has not.
_tokenctl_words() {
    local char prefix= i
    ((\${#COMPREPLY[@]} > 0)) || return 0
    [[ $2 == *[\\"\\']* ]] && return 0
    for char in : =; do
        if [[ $1 == *"$char"* && $COMP_WORDBREAKS == *"$char"* ]]; then
            local upTo=\${1%"\${1##*"$char"}"}
            if ((\${#upTo} > \${#prefix})); then prefix=$upTo; fi
        fi
    done
    for ((i = 0; i < \${#COMPREPLY[@]}; i++)); do
        COMPREPLY[i]=$(printf '%q' "\${COMPREPLY[i]#"$prefix"}")
    done
}

_tokenctl_files() {
    local file
    # Bash 3.2 has no compopt.
    compopt -o default 2>/dev/null && return 0
    while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -f -- "\${1##*=}")
}

# The line of another program, which begins with the word of this number.
_tokenctl_program() {
    local name
    if declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "\${starts[$1]}"
    elif declare -F _command_offset >/dev/null; then
        _command_offset "\${starts[$1]}"
    elif (($1 == \${#typed[@]} - 1)) && [[ $2 != */* ]]; then
        while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -c -- "$2")
    else
        _tokenctl_files "$2"
    fi
}

complete -F _tokenctl tokenctl
`
