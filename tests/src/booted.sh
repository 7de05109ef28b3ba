#!/bin/sh
# Boots this machine's own system a second time, beside the first: its service manager is process 1 of namespaces of
# its own. The disk is this machine's, with all that is written to it kept in memory, at /run/oneway-disk; the network is loopback.
#
# booted.sh MEMORY SEEN    an empty directory to mount its disk on, and one of this machine that is seen there as well
set -eu

if [ "${3:-}" != inside ]; then
    # A group of its own, which its service manager takes for all there is.
    groups=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
    [ -n "$groups" ] || { echo 'this machine has no control groups of version 2' >&2; exit 1; }
    group="$groups$(sed -n 's/^0:://p' /proc/self/cgroup)/oneway-booted-$$"
    mkdir "$group"
    echo $$ >"$group/cgroup.procs"
    exec unshare --mount --propagation private --pid --fork --kill-child --cgroup --uts --ipc --net \
        sh "$0" "$1" "$2" inside
fi

memory=$1
mount -t tmpfs -o mode=755 oneway-disk "$memory"
mkdir "$memory/written" "$memory/work" "$memory/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$memory/written,workdir=$memory/work" "$memory/root"
cd "$memory/root"
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
    touch "dev/$device"
    mount --bind "/dev/$device" "dev/$device"
done
mkdir -p dev/shm dev/pts run/oneway-disk run/old run/systemd/system
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
# Nothing of this machine's own, and nothing that would touch what both share.
mount --bind dev/null etc/fstab
# Packages may start and stop their services here, whatever they may on this machine.
rm -f usr/sbin/policy-rc.d
for unit in systemd-tmpfiles-setup.service systemd-tmpfiles-setup-dev.service systemd-modules-load.service \
    proc-sys-fs-binfmt_misc.automount systemd-journal-flush.service; do
    ln -s /dev/null "run/systemd/system/$unit"
done
mkdir -p ".$2"
mount --rbind "$2" ".$2"
mount --bind "$memory/written" run/oneway-disk
mount -o remount,bind,ro run/oneway-disk
ip link set lo up
pivot_root . run/old
umount -l /run/old
# As the first process of a machine would have it: what is mounted for one service is seen by its parent.
mount --make-rshared /
# As containers say it of themselves.
container=oneway
export container
exec /usr/lib/systemd/systemd --system --unit=basic.target --log-target=journal </dev/null
