/* What an OCSP response says of a certificate: RFC 6960. Layer 2.
 *
 * Its signature is not verified: this is what the response says. */
#ifndef PRT_MEANING_OCSP_H
#define PRT_MEANING_OCSP_H

#include <stddef.h>

#include "base/str.h"

enum ocsp_status {
	OCSP_NOTHING,	/* it is malformed, an error, or of other certificates */
	OCSP_GOOD,
	OCSP_REVOKED,
	OCSP_UNKNOWN,	/* the responder does not know it */
};

/* Of the certificate with this serial number, as struct x509 has it. */
enum ocsp_status ocsp_read(const void *der, size_t n, struct str serial);

#endif
