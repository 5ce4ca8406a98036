/* Ending a process without waiting for its packet sockets. Layer 3. */
#ifndef PRT_WORLD_LINGER_H
#define PRT_WORLD_LINGER_H

/* The last close of a packet socket waits for a grace period of the kernel
 * (packet_release(), synchronize_net(): 16 ms and more each), as long as a whole
 * scan of a thousand local ports takes. This leaves a child behind that holds
 * the packet sockets of this process, and nothing else, until the process is
 * gone, and then ends: it does the waiting. Call it last.
 * Does nothing when there is no packet socket; a failure only costs time. */
void	linger(void);

#endif
