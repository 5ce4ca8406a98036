#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>

#include "meaning/ocsp.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* What OpenSSL finds of that serial number, or -1. */
static int
theirs(OCSP_BASICRESP *b, const ASN1_INTEGER *serial)
{
	ASN1_INTEGER *nr;
	OCSP_SINGLERESP *s;

	for (int i = 0; i < OCSP_resp_count(b); i++) {
		s = OCSP_resp_get0(b, i);
		OCSP_id_get0_info(NULL, NULL, NULL, &nr,
		    (OCSP_CERTID *)(uintptr_t)OCSP_SINGLERESP_get0_id(s));
		if (ASN1_INTEGER_cmp(nr, serial) == 0)
			return OCSP_single_get0_status(s, NULL, NULL, NULL,
			    NULL);
	}
	return -1;
}

static void
compare(const uint8_t *der, size_t n, enum ocsp_status ours, struct str serial)
{
	const unsigned char *p = der;
	OCSP_RESPONSE *r = d2i_OCSP_RESPONSE(NULL, &p, (long)n);
	OCSP_BASICRESP *b = r == NULL ? NULL : OCSP_response_get1_basic(r);
	ASN1_INTEGER *a = ASN1_INTEGER_new();
	int status;

	assert(a != NULL);
	ASN1_STRING_set(a, serial.p, (int)serial.n);
	if (b != NULL && ours != OCSP_NOTHING) {
		status = theirs(b, a);
		assert(status == (ours == OCSP_GOOD ? V_OCSP_CERTSTATUS_GOOD :
		    ours == OCSP_REVOKED ? V_OCSP_CERTSTATUS_REVOKED :
		    V_OCSP_CERTSTATUS_UNKNOWN));
	}
	ASN1_INTEGER_free(a);
	OCSP_BASICRESP_free(b);
	OCSP_RESPONSE_free(r);
	ERR_clear_error();
}

/* Of the certificate with the serial number 0x1000. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str serial = { "\x10\x00", 2 };
	uint8_t *der = malloc(n > 0 ? n : 1);

	assert(der != NULL);
	if (n > 0)
		memcpy(der, data, n);
	compare(der, n, ocsp_read(der, n, serial), serial);
	free(der);
	return 0;
}
