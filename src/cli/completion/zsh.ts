/** What `tokenctl completion zsh` prints: to be evaluated, or kept as `_tokenctl` on fpath. Nothing of the line is ever evaluated. */

/** The script, whole. */
export const ZSH = `#compdef tokenctl
# tokenctl: what Tab offers in zsh. Each press asks the program itself, which opens no secret and asks nobody.
# Into ~/.zshrc:  eval "$(tokenctl completion zsh)"

_tokenctl() {
    # No "emulate": completion has options of its own, which what is called here counts on.
    local -a typed lines candidates
    local line word about directive
    typed=("\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}")
    lines=("\${(@f)$(command tokenctl __complete $((CURRENT - 1)) "\${typed[@]}" </dev/null 2>/dev/null)}")
    directive=\${lines[-1]}
    for line in "\${(@)lines[1,-2]}"; do
        word=\${line%%$'\\t'*}
        about=\${line#*$'\\t'}
        word=\${word//\\\\/\\\\\\\\}
        # A colon parts a word from what it is.
        candidates+=("\${word//:/\\\\:}\${about:+:$about}")
    done
    case $directive in
        (:words)
            _describe -V 'tokenctl' candidates
            ;;
        (:files)
            if [[ $PREFIX == --*=* ]]; then compset -P '*='; fi
            _files
            ;;
        (:command\\ *)
            local -i from=\${directive#:command }
            shift $from words
            ((CURRENT -= from))
            _normal
            ;;
        (*)
            return 1
            ;;
    esac
}

if [[ \${funcstack[1]} == _tokenctl ]]; then
    # Found by its name on fpath, at the first press.
    _tokenctl "$@"
else
    (( \${+functions[compdef]} )) || { autoload -Uz compinit && compinit -i; }
    compdef _tokenctl tokenctl
fi
`
