#!/bin/sh
# Installs what tests/slurm needs from Debian's packages, where it is missing and can be. It never fails: without them
# the tests skip, and say so.
set -u
export DEBIAN_FRONTEND=noninteractive
packages="slurmctld slurmd slurm-client munge"

if [ -d /etc/slurm ] && PATH="$PATH:/usr/sbin:/sbin" command -v slurmctld slurmd sbatch munged >/dev/null; then exit 0; fi
if [ "$(id -u)" != 0 ]; then echo "Not root: SLURM's packages are not installed ($packages)"; exit 0; fi
if ! command -v apt-get >/dev/null; then echo "No apt-get: SLURM's packages are not installed ($packages)"; exit 0; fi

# Debian would start the daemons; the tests start their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && trap 'rm -f "$policy"' EXIT
fi
echo "Installing $packages"
# a package index that is there already may do, so a failure to fetch one is not the end
timeout 120 apt-get -qq -o DPkg::Lock::Timeout=60 -o Acquire::Retries=1 -o Acquire::http::Timeout=20 update ||
    echo "The package index could not be fetched"
# shellcheck disable=SC2086
timeout 300 apt-get -qq -o DPkg::Lock::Timeout=60 -o Acquire::Retries=1 -o Acquire::http::Timeout=20 \
    install --yes --no-install-recommends $packages >/dev/null ||
    echo "SLURM's packages could not be installed"
exit 0
