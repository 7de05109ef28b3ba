#!/bin/sh
# Starts another system's engine: its programs are those of that system's tree, and of this machine it sees what it works with. It needs
# the tree as the root of its mounts, since what it runs in a container begins there.
#
# engine_of_tree.sh TREE DIRECTORY COMMAND...     in mounts of its own, which take part in this machine's
set -eu
tree=$1 directory=$2
shift 2
mount --bind "$tree" "$tree"
for shared in "$directory" /proc /sys /dev /run; do
    mkdir -p "$tree$shared"
    mount --rbind "$shared" "$tree$shared"
done
cat /run/engine-resolver >"$tree/etc/resolv.conf"
cd "$tree"
mkdir -p old
pivot_root . old
umount -l old
exec "$@"
