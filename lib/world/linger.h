/* Ending a process without waiting for its packet sockets. Layer 3.
 *
 * The last close of a packet socket waits for a grace period of the kernel
 * (packet_release(), synchronize_net(): 16 ms and more each), as long as a whole
 * scan of a thousand local ports takes. A child that is left behind does the
 * waiting. */
#ifndef PRT_WORLD_LINGER_H
#define PRT_WORLD_LINGER_H

/* Closes a packet socket when the process ends. */
void	linger_close(int fd);
/* Leaves a child behind that holds those sockets, and nothing else, until the
 * process is gone, and then ends too. Call it last, when there is one thread.
 * Does nothing when there is no such socket; a failure only costs time. */
void	linger(void);

#endif
