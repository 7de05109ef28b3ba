"""Prints where a user could keep something, where a process is: all that its root directory shows and that user may write to,
but for links, sockets and devices, which keep nothing.

writable.py PROCESS USER GROUP    by number, name and name; it runs as root, and starts no program there, since none can be
"""

import ctypes
import grp
import os
import pwd
import stat
import sys

process, user, group = sys.argv[1:]
user, group = pwd.getpwnam(user).pw_uid, grp.getgrnam(group).gr_gid
root = os.open(f"/proc/{process}/root", os.O_RDONLY)
mounts = os.open(f"/proc/{process}/ns/mnt", os.O_RDONLY)
libc = ctypes.CDLL(None, use_errno=True)
if libc.setns(mounts, 0) != 0:
    sys.exit(f"setns: {os.strerror(ctypes.get_errno())}")
os.fchdir(root)
os.chroot(".")
os.setgroups([])
os.setgid(group)
os.setuid(user)
for directory, directories, files in os.walk("/"):
    if directory == "/":
        directories.remove("proc")
    for path in [directory, *(os.path.join(directory, file) for file in files)]:
        try:
            mode = os.lstat(path).st_mode
            if (stat.S_ISDIR(mode) or stat.S_ISREG(mode) or stat.S_ISFIFO(mode)) and os.access(path, os.W_OK):
                print(path)
        except OSError:
            pass
