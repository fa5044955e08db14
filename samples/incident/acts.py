# SPDX-License-Identifier: Apache-2.0
"""The acts of incident.sh that a shell cannot do: acts.py memfd | reverse-shell | ptrace. Each touches only itself and
its own children."""
import ctypes
import os
import socket
import sys
import time

PTRACE_ATTACH, PTRACE_DETACH = 16, 17


def memfd():
    """/bin/true, copied into an anonymous memory file and executed from there."""
    fd = os.memfd_create("", 0)
    with open("/bin/true", "rb") as f:
        os.write(fd, f.read())
    if os.fork() == 0:
        os.execve(fd, ["[kworker/0:1]"], {})
    os.wait()


def reverse_shell():
    """A connection over loopback becomes a shell's standard input and output; the other end sends one command."""
    listener = socket.create_server(("127.0.0.1", 0))
    if os.fork() == 0:
        out = socket.create_connection(listener.getsockname())
        for fd in (0, 1, 2):
            os.dup2(out.fileno(), fd)
        os.execve("/bin/sh", ["sh"], {"PATH": "/usr/bin:/bin"})
    peer, _ = listener.accept()
    peer.sendall(b"id\nexit\n")
    while peer.recv(4096):
        pass
    os.wait()


def ptrace():
    """A child that only sleeps is attached to, looked into, and let go."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    victim = os.fork()
    if victim == 0:
        time.sleep(5)
        os._exit(0)
    if libc.ptrace(PTRACE_ATTACH, victim, None, None) == 0:
        os.waitpid(victim, 0)
        try:
            with open(f"/proc/{victim}/mem", "rb") as f:
                f.fileno()
        except OSError:
            pass  # a hardened kernel says no; the attempt was what mattered
        libc.ptrace(PTRACE_DETACH, victim, None, None)
    os.kill(victim, 15)
    os.waitpid(victim, 0)


{"memfd": memfd, "reverse-shell": reverse_shell, "ptrace": ptrace}[sys.argv[1]]()
