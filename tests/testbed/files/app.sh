#!/bin/sh
# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The application of the testbed: serves one page that tells which secret it was started with,
# by its digest, never by its value. A value that begins with "bad" or "slow-bad" makes it fail,
# at once or after three seconds.

# As PID 1 without a trap it would wait out the ten seconds until the engine kills it.
trap 'exit 0' TERM INT

file=${SECRET_FILE:-}
if [ -z "$file" ]; then
    for candidate in /run/secrets/*; do
        [ -f "$candidate" ] && file=$candidate && break
    done
fi

digest=none
kind=none
if [ -n "$file" ]; then
    if [ ! -r "$file" ]; then
        echo "app: cannot read the secret file $file" >&2
        exit 1
    fi
    digest=$(sha256sum "$file" | cut -c1-12)
    case $(head -c 8 "$file" | tr -d '\000') in
        bad*) kind=bad ;;
        slow-bad*) kind=slow-bad ;;
    esac
fi

if [ "$kind" = bad ]; then
    echo "app: the secret in $file is not accepted" >&2
    exit 1
fi

# /dev/shm is writable even with a read-only root and for any user.
mkdir -p /dev/shm/www
printf '%s %s\n' "$(hostname)" "$digest" >/dev/shm/www/index.html
httpd -f -p "${PORT:-8080}" -h /dev/shm/www &
server=$!

if [ "$kind" = slow-bad ]; then
    sleep 3 &
    wait $!
    echo "app: the secret in $file is not accepted any more" >&2
    exit 1
fi

wait "$server"
echo "app: the web server ended" >&2
exit 1
