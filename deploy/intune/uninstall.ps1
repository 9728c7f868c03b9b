# Uninstall command: powershell.exe -NoProfile -ExecutionPolicy AllSigned -File uninstall.ps1
# Settings, token, spool and log go too. Exit codes: 0 done; 1 failed; 1618 try again later.
$ErrorActionPreference = 'Stop'

if (-not [Environment]::Is64BitProcess -and [Environment]::Is64BitOperatingSystem) {
    $native = Join-Path $env:windir 'SysNative\WindowsPowerShell\v1.0\powershell.exe'
    & $native -NoProfile -ExecutionPolicy AllSigned -File $PSCommandPath
    exit $LASTEXITCODE
}

$target = Join-Path $env:ProgramFiles 'shadowledger-agent'
$program = Join-Path $target 'shadowledger-agent.exe'

try {
    if (-not (Test-Path $program)) { exit 0 }
    if (Get-Process -Name 'shadowledger-agent' -ErrorAction SilentlyContinue) { exit 1618 }
    & $program uninstall --purge
    if ($LASTEXITCODE -ne 0) { exit 1 }
    Remove-Item -Recurse -Force $target
    $data = Join-Path $env:ProgramData 'shadowledger-agent'
    if (Test-Path (Join-Path $data 'ca.pem')) { Remove-Item -Force (Join-Path $data 'ca.pem') }
    exit 0
}
catch {
    [Console]::Error.WriteLine($_.Exception.Message)
    exit 1
}
