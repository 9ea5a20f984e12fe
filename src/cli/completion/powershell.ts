/** What `tokenctl completion powershell` prints. No machine of ours has a PowerShell: its text is held by a golden file alone. */

/** The script, whole. */
export const POWERSHELL = `# tokenctl: what Tab offers in PowerShell, 5.1 or later. Each press asks the program itself, which opens no secret and
# asks nobody. Into $PROFILE:  tokenctl completion powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName 'tokenctl' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    # Not a script that npm made: it would take a "--" for its own.
    $program = Get-Command 'tokenctl' -CommandType Application -ErrorAction SilentlyContinue | Select-Object -First 1
    if (-not $program) { return }
    $before = @(
        foreach ($element in $commandAst.CommandElements) {
            if ($element.Extent.EndOffset -ge $cursorPosition) { continue }
            if ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $element.Value }
            else { $element.Extent.Text }
        }
    )
    # The word under the cursor comes last, and may be missing: older PowerShells drop an empty one.
    $typed = @($before | Select-Object -Skip 1)
    if ($wordToComplete -ne '') { $typed += ($wordToComplete -replace '["'']', '') }
    $lines = @($null | & $program.Path '__complete' $before.Count @typed 2>$null)
    if ($lines.Count -eq 0) { return }
    # With nothing returned PowerShell goes on with files by itself; an empty word keeps it from that.
    if ($lines[-1] -ne ':words') { return }
    if ($lines.Count -eq 1) { return '' }
    foreach ($line in $lines[0..($lines.Count - 2)]) {
        $word, $about = $line.Split("\`t", 2)
        if (-not $about) { $about = $word }
        $text = $word
        if ($word -notmatch '^[A-Za-z0-9:=_./-]+$') { $text = "'" + $word.Replace("'", "''") + "'" }
        [System.Management.Automation.CompletionResult]::new($text, $word, 'ParameterValue', $about)
    }
}
`
