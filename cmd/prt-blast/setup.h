/* What a run reads and opens before it sends: types, ports, data files. */
#ifndef PRT_BLAST_SETUP_H
#define PRT_BLAST_SETUP_H

#include "blast.h"
#include "input.h"
#include "meaning/payload.h"

/* -s into the input's types: 0, or -1 after a message. */
int	setup_types(struct input *, const char *types, uint8_t *flags);
/* --ping, NULL for the default: 0, or -1 after a message. */
int	setup_ping(struct input *, const char *list);
/* -p, or share/ports for its default: 0, or -1 after a message. */
int	setup_ports(struct input *, const char *spec);
/* The default, once there is a target without ports: 0, or -1 after a message. */
int	setup_default_ports(struct input *);
/* share/reserved: 0, or -1 after a message. */
int	setup_reserved(struct input *);
/* Whose the answers to datagrams are, into the scan's parameters: 0, or -1 after
 * a message. After setup_types() and setup_ping(). */
int	setup_udp(const struct input *, struct scan_params *);
/* share/udp-payloads, where a type sends them: 0, or -1 after a message. */
int	setup_payloads(const struct scan_params *, struct payloads *);

#endif
