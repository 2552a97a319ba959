#!/bin/sh
# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Logs in to PostgreSQL again and again, anew each time, with the user and password it finds in
# /run/secrets, and leaves a row there. Without a first success it ends, so a bad credential fails
# the rollout; from then on it only tells of each failure, for a test to count. Asked to stop, it
# goes on for $DRAIN seconds, as a server does that completes its requests.
#
# $PGHOST, $PGPORT and $PGDATABASE say where; $USER_FILE and $PASSWORD_FILE name other files.

umask 077
credentials=/dev/shm/pgpass
printf '*:*:*:*:%s\n' "$(cat "${PASSWORD_FILE:-/run/secrets/db_password}")" >"$credentials"
PGUSER=$(cat "${USER_FILE:-/run/secrets/db_user}")
export PGUSER PGPASSFILE="$credentials" PGCONNECT_TIMEOUT=30

login() {
    said=$(psql --no-psqlrc --no-password --quiet \
        --command "insert into logins (task) values ('$(hostname)')" 2>&1) && return
    echo "login failed: $said"
    return 1
}

if ! login; then
    echo "login: cannot log in at all" >&2
    exit 1
fi
echo "logged in"
: >/dev/shm/ready

end=
trap 'end=${end:-$(($(busybox date +%s) + ${DRAIN:-0}))}' TERM INT
while [ -z "$end" ] || [ "$(busybox date +%s)" -lt "$end" ]; do
    login
    sleep 0.25
done
