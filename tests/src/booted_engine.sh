#!/bin/sh
# The container engine of a machine that `booted.sh` has booted, as that machine's docker.service runs it: in mounts of its own, with
# what an engine needs and the machine itself does not have. It listens at /run/docker.sock.
set -eu
mount --make-rprivate /
mkdir -p /var/lib/docker
mount -t tmpfs -o mode=711 docker /var/lib/docker
# To forward between its networks.
mount -o remount,bind,rw /proc/sys
# Where this machine has the older groups of processes, limits of memory are in those alone.
if ! grep -qw memory /sys/fs/cgroup/cgroup.controllers; then
    mount -t tmpfs -o mode=755 groups /sys/fs/cgroup
    awk '!/^#/ && $2 > 0 && $4 == 1 { print $1 }' /proc/cgroups | while read -r group; do
        mkdir "/sys/fs/cgroup/$group"
        mount -t cgroup -o "$group" "$group" "/sys/fs/cgroup/$group"
    done
fi
exec dockerd --data-root /var/lib/docker --exec-root /run/docker-exec --host unix:///run/docker.sock --pidfile /run/docker.pid \
    --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent oneway-booted --log-level warn
