# Install command of a Win32 app in Intune, as the system:
#   powershell.exe -NoProfile -ExecutionPolicy AllSigned -File install.ps1 -Server https://ledger.acme.example
# Beside this script in the package: the folder shadowledger-agent that `make agent` wrote on Windows, its programs signed
# (signtool sign /fd SHA256 /tr ... ), enrolment-token, and ca.pem where the server's authority is your own.
# Exit codes: 0 done; 1 failed, in words on standard error; 1618 try again later (Intune does so by itself).
param(
    [Parameter(Mandatory = $true)][string]$Server,
    [ValidateSet('minimal', 'standard', 'full')][string]$AtMost = 'full'
)
$ErrorActionPreference = 'Stop'

# Intune's own host has 32 bits and is shown other folders.
if (-not [Environment]::Is64BitProcess -and [Environment]::Is64BitOperatingSystem) {
    $native = Join-Path $env:windir 'SysNative\WindowsPowerShell\v1.0\powershell.exe'
    & $native -NoProfile -ExecutionPolicy AllSigned -File $PSCommandPath -Server $Server -AtMost $AtMost
    exit $LASTEXITCODE
}

$source = Join-Path $PSScriptRoot 'shadowledger-agent'
$target = Join-Path $env:ProgramFiles 'shadowledger-agent'
$program = Join-Path $target 'shadowledger-agent.exe'
$data = Join-Path $env:ProgramData 'shadowledger-agent'
$again = 1618

try {
    # An agent that runs now holds its files; a run is over within six minutes.
    if (Get-Process -Name 'shadowledger-agent' -ErrorAction SilentlyContinue) { exit $again }
    if (Test-Path $target) { Remove-Item -Recurse -Force $target }
    Copy-Item -Recurse $source $target

    # Settles first who may write where settings and token will lie, and has the scheduler know the agent.
    & $program install
    if ($LASTEXITCODE -ne 0) { exit 1 }

    if (-not (Test-Path (Join-Path $data 'state\device.json'))) {
        $words = @('enroll', '--server', $Server, '--at-most', $AtMost, '--token-file', (Join-Path $PSScriptRoot 'enrolment-token'))
        $authority = Join-Path $PSScriptRoot 'ca.pem'
        if (Test-Path $authority) {
            Copy-Item -Force $authority (Join-Path $data 'ca.pem')
            $words += @('--ca-file', (Join-Path $data 'ca.pem'))
        }
        & $program @words
        if ($LASTEXITCODE -ne 0) { exit 1 }
    }
    exit 0
}
catch {
    [Console]::Error.WriteLine($_.Exception.Message)
    exit 1
}
