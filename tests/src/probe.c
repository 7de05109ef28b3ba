/* Tries what no program of the images ever does, and prints each attempt and what became of it. It is run in a container as
   the services are: with their capabilities, their user, their file system and their seccomp profile. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRY(name, call)                                                        \
    do {                                                                       \
        errno = 0;                                                             \
        long result = (long)(call);                                            \
        printf("%s %s\n", name, result >= 0 ? "done" : strerrorname_np(errno)); \
    } while (0)

static const char *const nothing[] = {"/nowhere", NULL};

int main(void) {
    TRY("ptrace", ptrace(PTRACE_TRACEME, 0, 0, 0));
    TRY("process_vm_readv", syscall(SYS_process_vm_readv, getpid(), 0, 0, 0, 0, 0));
    TRY("mount", mount("none", "/proc", "tmpfs", 0, ""));
    TRY("umount", umount2("/proc", MNT_DETACH));
    TRY("unshare", unshare(CLONE_NEWUSER));
    TRY("clone_namespace", syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
    TRY("setns", syscall(SYS_setns, 0, 0));
    TRY("chroot", chroot("/"));
    TRY("packet_socket", socket(AF_PACKET, SOCK_RAW, 0));
    TRY("vsock_socket", socket(AF_VSOCK, SOCK_STREAM, 0));
    TRY("mptcp_socket", socket(AF_INET, SOCK_STREAM, 262));
    TRY("sctp_socket", socket(AF_INET, SOCK_STREAM, 132));
    TRY("ping_socket", socket(AF_INET, SOCK_DGRAM, 1));
    TRY("udplite_socket", socket(AF_INET6, SOCK_DGRAM, 136));
    TRY("raw_socket", socket(AF_INET, SOCK_RAW, 1));
    TRY("bpf", syscall(SYS_bpf, 0, 0, 0));
    TRY("io_uring", syscall(SYS_io_uring_setup, 1, 0));
    TRY("keyctl", syscall(SYS_keyctl, 0, 0));
    TRY("perf_event_open", syscall(SYS_perf_event_open, 0, 0, 0, 0, 0));
    TRY("userfaultfd", syscall(SYS_userfaultfd, 0));
    TRY("init_module", syscall(SYS_init_module, 0, 0, ""));
    TRY("kexec_load", syscall(SYS_kexec_load, 0, 0, 0, 0));
    TRY("setuid", syscall(SYS_setuid, 0));
    TRY("memfd_create", syscall(SYS_memfd_create, "x", 0));
    TRY("execveat", syscall(SYS_execveat, AT_FDCWD, nothing[0], nothing, nothing, 0));
    TRY("mmap_executable", mmap(0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0);
    void *page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    TRY("mprotect_executable", mprotect(page, 4096, PROT_READ | PROT_EXEC));
    TRY("chmod", chmod("/adapter", 0777));
    TRY("mknod", mknod("/dev/x", S_IFCHR | 0600, 0));
    TRY("root_write", open("/x", O_WRONLY | O_CREAT, 0600));
    TRY("sethostname", syscall(SYS_sethostname, "x", 1));
    TRY("settimeofday", syscall(SYS_settimeofday, 0, 0));
    /* What every program does, to show that the probe itself works. */
    TRY("tcp_socket", socket(AF_INET, SOCK_STREAM, 0));
    TRY("tcp_socket_by_name", socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 6));
    TRY("udp_socket_by_name", socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 17));
    TRY("getpid", getpid());
    return 0;
}
