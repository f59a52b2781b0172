# For the scripts beside it: run commands one by one, each shown, and timed.
set -euo pipefail
bin=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.venv/bin" && pwd)
PATH=$bin:$PATH
step() {
    printf '\n$ %s\n' "$*"
    local begin=$SECONDS
    "$@"
    printf '(%s s)\n' $((SECONDS - begin))
}
