/* Tables of share/ that several programs read. Layer 3. */
#ifndef PRT_WORLD_SHARE_H
#define PRT_WORLD_SHARE_H

#include "base/buf.h"
#include "meaning/ports.h"
#include "pure/rangeset.h"

/* What share/reserved says, added to the set: 0, or -1 with "path: what is wrong,
 * and the mend" appended to *err. */
int	share_reserved(struct rangeset *, struct buf *err);
/* What share/ports says; the names point into *text. As above. */
int	share_ports(struct ports *, struct buf *text, struct buf *err);

#endif
