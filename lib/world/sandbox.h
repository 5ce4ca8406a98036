/* Giving up, for good, all that parsing what strangers sent does not need.
 * Layer 3. */
#ifndef PRT_WORLD_SANDBOX_H
#define PRT_WORLD_SANDBOX_H

/* What holds after sandbox_enter(). */
enum {
	SANDBOX_NO_NEW_PRIVS	= 1,
	SANDBOX_LANDLOCK	= 2,	/* no file can be opened or changed */
	SANDBOX_SECCOMP		= 4,	/* few system calls are left */
};

/* From here on the process can only use the descriptors that it has open (read,
 * write, seek, wait, close), its memory, the clocks and signals; it gets no
 * privilege, opens nothing, starts nothing, connects nowhere. What is refused
 * fails with EPERM. Call it while there is one thread.
 *
 * Returns what could be had, a kernel may lack a part of it; or -1 with errno
 * when the kernel has it and refused. See prctl(2), landlock(7), seccomp(2).
 * Builds with sanitizers get no_new_privs only, see sandbox.c. */
int	sandbox_enter(void);
/* As sandbox_enter(), and sockets are left: IPv4 and IPv6 streams and datagrams
 * can be made, connected and spoken on, and events waited for. */
int	sandbox_sockets(void);
/* As sandbox_enter(), and the sockets that are open can be sent and received on,
 * many packets at once too, and events waited for. */
int	sandbox_packets(void);
/* The first two parts only, for a program that still needs
 * threads: it opens and changes no file from here on. */
int	sandbox_files(void);

#endif
