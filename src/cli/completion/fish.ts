/** What `tokenctl completion fish` prints, for fish's folder of completions. Nothing of the line is ever evaluated. */

/** The script, whole. */
export const FISH = `# tokenctl: what Tab offers in fish. Each press asks the program itself, which opens no secret and asks nobody.
# tokenctl completion fish > ~/.config/fish/completions/tokenctl.fish

function __tokenctl_complete
    set -l typed (commandline -opc)
    # \`NAME=value tokenctl …\`
    while string match -qr '^\\w+=' -- "$typed[1]"
        set -e typed[1]
    end
    set -l cursor (commandline -ct)
    set -l current (string replace -ra '["\\'\\\\\\\\]' '' -- "$cursor")
    set -l lines (command tokenctl __complete (count $typed) $typed[2..-1] $current </dev/null 2>/dev/null)
    set -l directive "$lines[-1]"
    switch $directive
        case ':words'
            if test (count $lines) -gt 1
                printf '%s\\n' $lines[1..-2]
            end
        case ':files'
            set -l before (string match -r -- '^--[^=]*=' "$current")
            set -l path (string replace -r -- '^--[^=]*=' '' "$current")
            for each in (__fish_complete_path "$path")
                printf '%s%s\\n' "$before" $each
            end
        case ':command *'
            set -l from (math (string replace ':command ' '' -- $directive) + 1)
            set -l line
            if test $from -le (count $typed)
                set line (string escape -- $typed[$from..-1])
            end
            complete -C (string join ' ' -- $line "$cursor")
    end
end

complete -c tokenctl -e
complete -c tokenctl -f -k -a '(__tokenctl_complete)'
`
