# Detection rule of the Win32 app (run as 64 bit): Intune takes exit code 0 with something on standard output for
# "installed", and everything else for "not".
# https://learn.microsoft.com/mem/intune/apps/apps-win32-add#step-4-detection-rules
# 0 this version or a newer one, enrolled and known to the scheduler; 1 not installed, older, or not enrolled.
$wanted = [version]'0.1.0'

try {
    $program = Join-Path $env:ProgramFiles 'shadowledger-agent\shadowledger-agent.exe'
    if (-not (Test-Path $program)) { exit 1 }
    $status = & $program status --format json | Out-String | ConvertFrom-Json
    if ($LASTEXITCODE -ne 0) { exit 1 }
    if ([version]$status.version -lt $wanted) { exit 1 }
    if (-not $status.enrolled) { exit 1 }
    $null = & schtasks.exe /Query /TN 'shadowledger-agent' 2>&1
    if ($LASTEXITCODE -ne 0) { exit 1 }
    Write-Output "shadowledger agent $($status.version), last delivery $($status.last_delivery_at)"
    exit 0
}
catch {
    exit 1
}
