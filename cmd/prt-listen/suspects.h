/* Hosts that say "open" to every port: SYN proxies, tarpits, honeypots. Nothing
 * behind them can be known from a SYN scan, so the scan says which they are. */
#ifndef PRT_LISTEN_SUSPECTS_H
#define PRT_LISTEN_SUSPECTS_H

#include "judge.h"
#include "report.h"

/* A host record with suspect=syn-proxy for each host of which nearly all ports
 * that were probed are open, 32 at least, and none is closed. */
void	suspects_report(struct report *, const struct batch *);

#endif
