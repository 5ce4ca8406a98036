/* Giving up privilege for good. Layer 3. */
#ifndef PRT_WORLD_PRIV_H
#define PRT_WORLD_PRIV_H

/* Sets no_new_privs and drops every capability, and when the process runs as
 * root also the ids, to 65534 (where the user namespace has such an id): call it
 * once every socket and file is open, while there is one thread, and before a
 * byte of foreign input is read. 0, or -1 with errno when
 * capabilities would remain. */
int	priv_drop(void);
/* For a process that only writes its user's files: as priv_drop(), but it keeps
 * the ids and, where it has it, the capability by which root writes any file. */
int	priv_keep_files(void);

#endif
