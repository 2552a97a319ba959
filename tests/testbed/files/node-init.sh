#!/bin/sh
# Copyright: (c) 2026, swarmvault contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PID 1 of a node until it hands over: makes /sys and the cgroups usable for an engine inside a
# container, then becomes systemd, or, where that cannot run ($1 is "direct"), looks after sshd
# and dockerd itself.

set -u

mount -o remount,rw /sys 2>/dev/null
mount --make-rshared / 2>/dev/null

cgroup_v2() {
    mount -o remount,rw /sys/fs/cgroup 2>/dev/null
    [ "$1" = direct ] || return 0
    # Controllers can be handed down only from a cgroup without processes of its own.
    mkdir -p /sys/fs/cgroup/init
    while read -r pid; do
        echo "$pid" >/sys/fs/cgroup/init/cgroup.procs 2>/dev/null
    done </sys/fs/cgroup/cgroup.procs
    sed 's/^/+/; s/ / +/g' /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
}

cgroup_v1() {
    # What the outer engine mounted is read-only and shows the host's paths; an inner runc fails
    # on it. Fresh mounts inside our cgroup namespace do not have that problem.
    mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
    while IFS=: read -r _ controllers _; do
        [ -n "$controllers" ] || continue
        name=${controllers#name=}
        options=$controllers
        [ "$name" = "$controllers" ] || options=none,$controllers
        mkdir -p "/sys/fs/cgroup/$name"
        if mount -t cgroup -o "$options" cgroup "/sys/fs/cgroup/$name" 2>/dev/null; then
            # Controllers mounted together are also looked up by their single names.
            for single in $(echo "$name" | tr , ' '); do
                [ "$single" = "$name" ] || ln -s "$name" "/sys/fs/cgroup/$single"
            done
        else
            rmdir "/sys/fs/cgroup/$name"
        fi
    done </proc/self/cgroup
    if [ ! -d /sys/fs/cgroup/systemd ]; then
        mkdir -p /sys/fs/cgroup/systemd
        mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
    fi
}

if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    cgroup_v2 "$1"
else
    cgroup_v1
fi

# Nodes know each other from /etc/hosts and nothing else: an engine that asks for a registry is
# refused at once, where a name server out of reach would cost ten seconds for each task.
echo 'nameserver 127.0.0.1' >/etc/resolv.conf

mkdir -p /run/sshd /run/lock
chmod 755 /run /run/sshd

if [ "$1" = systemd ]; then
    exec /lib/systemd/systemd
fi

dockerd=
stopping=
stop() {
    stopping=yes
    [ -n "$dockerd" ] && kill "$dockerd" 2>/dev/null
}
trap stop TERM INT

/usr/sbin/sshd

# Restarted like a service of systemd with Restart=always, so that a test may kill it.
while [ -z "$stopping" ]; do
    if [ -e /run/docker.hold ]; then # a test keeps it down
        sleep 0.1
        continue
    fi
    rm -f /run/docker.pid
    /usr/sbin/dockerd --host unix:///run/docker.sock --host tcp://0.0.0.0:2376 >>/var/log/dockerd.log 2>&1 &
    dockerd=$!
    # A signal ends "wait" early, while dockerd still shuts its containers down.
    while kill -0 "$dockerd" 2>/dev/null; do
        wait "$dockerd"
    done
done
