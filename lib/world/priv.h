/* Giving up privilege for good. Layer 3. */
#ifndef PRT_WORLD_PRIV_H
#define PRT_WORLD_PRIV_H

/* Drops every capability (bounding set too where that is allowed), and when the
 * process runs as root also the ids, to 65534 (where the user namespace has
 * such an id), and sets no_new_privs: call it once every socket and file is
 * open and before a byte of foreign input is read. 0, or -1 with errno when
 * capabilities would remain. */
int	priv_drop(void);

#endif
