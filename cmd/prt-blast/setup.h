/* What a run reads and opens before it sends: types, ports, data files. */
#ifndef PRT_BLAST_SETUP_H
#define PRT_BLAST_SETUP_H

#include "blast.h"
#include "input.h"
#include "meaning/payload.h"

/* -s into the input's types: 0, or -1 after a message. */
int	setup_types(struct input *, const char *types, uint8_t *flags);
/* -p (or its default) and share/ports: 0, or -1 after a message. */
int	setup_ports(struct input *, const char *spec);
/* share/reserved: 0, or -1 after a message. */
int	setup_reserved(struct input *);
/* share/udp-payloads: 0, or -1 after a message. */
int	setup_payloads(struct payloads *);

#endif
