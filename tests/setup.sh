#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes .venv with every tool the checks and tests use. Presumes bash, python3 and coreutils only.
# PYTHON=python3.12 picks another interpreter.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
requirements=tests/requirements.txt

die() {
    echo "setup: $*" >&2
    exit 1
}

has_venv() {
    "$python" -c 'import ensurepip, venv' 2>/dev/null
}

command -v "$python" >/dev/null || die "'$python' is not installed; Python 3.11 or newer is needed."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    die "'$python' is $("$python" -V); 3.11 or newer is needed. Name one: PYTHON=python3.12 make setup"

# Debian keeps venv in a package of its own.
if ! has_venv && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv
fi
has_venv || die "'$python' has no venv module. On Debian or Ubuntu, as root: apt-get install python3-venv"

# Two makes at once in one checkout must not build the same .venv.
mkdir -p .cache
exec 9>.cache/setup.lock
if command -v flock >/dev/null; then
    flock 9
fi

# The state wanted: this interpreter with these pins, at this place (a venv cannot be moved).
wanted=$({ "$python" -VV; pwd; cat tests/setup.sh "$requirements" tests/testbed/requirements.txt; } | sha256sum)
stamp=.venv/.installed
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    if ! .venv/bin/python -VV 2>/dev/null | cmp -s - <("$python" -VV); then
        rm -rf .venv
        "$python" -m venv .venv
    fi
    rm -f "$stamp"
    echo "setup: installing the pinned tools into .venv (about a minute)"
    .venv/bin/python -m pip install -qq --disable-pip-version-check -r "$requirements"
    echo "$wanted" >"$stamp"
fi
.venv/bin/python -m tests.collection_path
