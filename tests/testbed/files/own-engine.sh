#!/bin/sh
# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# own-engine.sh PLACES COMMAND...: run an engine in a mount namespace where each folder below PLACES
# lies over the one of that path (PLACES/run/docker over /run/docker).

set -eu

places=$1
shift

for path in run/docker run/containerd etc/docker; do
    mount --bind "$places/$path" "/$path"
done

exec "$@"
